/** @vitrine/nn/node: what needs a file system. */
export { RunLog, createRunFolder, readMetrics } from './train/run-log.node.js';
