#!/usr/bin/env node
// Here before anything is compiled, so that an installation finds a file to link to.
import '../dist/cli/main.js';
