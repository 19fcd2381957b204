/** The folder of a run: made, or found again after the process before was ended. */
import { readdirSync, rmSync } from 'node:fs';
import process from 'node:process';
import { RunLog } from '@vitrine/nn/node';

/** What a run leaves. */
export const FILES = ['config.json', 'metrics.jsonl', 'checkpoint.safetensors', 'best.safetensors', 'report.html'];

/** The folder of a run that is resumed, without what dead processes were writing in it. */
export function reopen(folder: string): RunLog {
  const log = RunLog.open(folder);
  for (const name of readdirSync(folder)) {
    const [, file, pid] = /^(.+)\.tmp-(\d+)-\w+$/.exec(name) ?? [];
    if (FILES.includes(file) && !isAlive(Number(pid))) rmSync(log.path(name), { force: true });
  }
  return log;
}

/**
 * Throws an Error unless the checkpoint at `path`, in which these texts stand, is of a training on `images`, in the
 * words of `describeImages`. One that says nothing of them, as those of earlier versions, is of any.
 */
export function checkImages(path: string, images: string, texts: ReadonlyMap<string, string>): void {
  const before = texts.get('images') ?? images;
  if (before === images) return;
  throw new Error(`--resume: ${path}: the training images are others than those the run was made with: ${images}, ` +
    `then ${before}; give the run its images back, or make a new one with --config`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
