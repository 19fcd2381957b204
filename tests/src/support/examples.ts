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

/**
 * Compiles a program as the project itself is, where its imports resolve. `use` gets what the compiler complains of, ''
 * if nothing, and the compiled file, which is removed afterwards.
 */
export async function compileProgram<T>(
  name: string, source: string, use: (complaints: string, compiled: string) => T | Promise<T>,
): Promise<T> {
  const folder = join(root, 'tests/dist', `example-${name}-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(join(folder, 'example.ts'), source);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({
      extends: '../../../tsconfig.base.json',
      compilerOptions: { composite: false, sourceMap: false, lib: ['es2023', 'dom'] },
      files: ['example.ts'],
    }));
    const complaints = await run(process.execPath, [compiler, '-p', folder])
      .then(() => '', (error: { stdout?: string }) => error.stdout ?? String(error));
    return await use(complaints, join(folder, 'example.js'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Type-checks a program and runs it; returns what it prints. */
export const runExample = (name: string, source: string): Promise<string> =>
  compileProgram(name, source, async (complaints, compiled) => {
    if (complaints !== '') throw new Error(`the example of ${name} does not compile:\n${complaints}`);
    return (await run(process.execPath, [compiled])).stdout;
  });
