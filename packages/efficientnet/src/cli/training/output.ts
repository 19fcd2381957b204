/** Where a long command talks to: stdout, or with `--json` stderr, and the first Ctrl-C. */
import process from 'node:process';
import { Progress } from '@vitrine/nn';

export interface Output {
  readonly stream: NodeJS.WriteStream;
  readonly progress: Progress;
  readonly say: (text: string) => void;
  readonly warn: (message: string) => void;
}

export function outputFor(json: boolean): Output {
  const stream = json ? process.stderr : process.stdout;
  const progress = new Progress({ stream });
  return {
    stream, progress,
    say: (text) => void stream.write(`${text}\n`),
    warn: (message) => void process.stderr.write(`efficientnet: ${message}\n`),
  };
}

/** The first Ctrl-C asks the loop to stop after its step; the second ends the process at once. */
export function stopOnInterrupt({ progress }: Output): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    progress.log('stopping after this step (once more to stop at once)');
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}
