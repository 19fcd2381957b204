/** Node and nothing else. */
import process from 'node:process';

process.stdout.write('.');
