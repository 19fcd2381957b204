/** Until the first kernel has run. */
import process from 'node:process';
import { matmul, ones } from '@vitrine/tensor';

process.stdout.write(String(matmul(ones([8, 8]), ones([8, 8])).size));
