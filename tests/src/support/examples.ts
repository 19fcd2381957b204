/** Programs that stand in documents: found, compiled as strictly as the project itself, and run. */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const run = promisify(execFile);
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A fenced block of Markdown. */
export interface Fence {
  readonly language: string;
  /** What stands behind the language. */
  readonly info: string;
  readonly text: string;
  /** Line of the document, from 1, in which the fence opens. */
  readonly line: number;
}

/** The fenced blocks of a document, in order. Throws if the last one is not closed. */
export function fences(markdown: string): Fence[] {
  const found: Fence[] = [];
  let open: { language: string; info: string; line: number; lines: string[] } | null = null;
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^```(\w*) *(.*)$/.exec(line);
    if (open === null) {
      if (fence !== null) open = { language: fence[1], info: fence[2], line: index + 1, lines: [] };
    } else if (line === '```') {
      found.push({ language: open.language, info: open.info, line: open.line, text: open.lines.join('\n') });
      open = null;
    } else {
      open.lines.push(line);
    }
  }
  if (open !== null) throw new Error(`the block that opens in line ${open.line} is never closed`);
  return found;
}

const compiler = join(dirname(fileURLToPath(import.meta.resolve('typescript/package.json'))), 'bin/tsc');

/** Type-checks TypeScript as the project itself is, where its imports resolve, and runs it; returns what it prints. */
export async function runExample(name: string, source: string): Promise<string> {
  const folder = join(root, 'tests/dist', `example-${name}-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(join(folder, 'example.ts'), source);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({
      extends: '../../../tsconfig.base.json',
      compilerOptions: { composite: false, sourceMap: false, lib: ['es2023', 'dom'] },
      files: ['example.ts'],
    }));
    await run(process.execPath, [compiler, '-p', folder]).catch((error: { stdout?: string }) => {
      throw new Error(`the example of ${name} does not compile:\n${error.stdout}`);
    });
    return (await run(process.execPath, [join(folder, 'example.js')])).stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
