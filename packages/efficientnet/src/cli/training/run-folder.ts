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

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
