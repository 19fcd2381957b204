/**
 * Tables in a page of prose: what stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` is written by the
 * program, all else by people.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { byFamily, familyRows, formatBytes, formatTime, markdownTable } from './format.js';
import { writeFile } from './results.js';
import type { Report } from './results.js';

/** The page as people wrote it, for when there is none yet. */
const PROSE = fileURLToPath(new URL('../../prose.md', import.meta.url));

/**
 * Puts the sections into the page, which is begun from the prose if it does not exist. Sections not given stay as they
 * are.
 */
export function updatePage(path: string, sections: ReadonlyMap<string, string>): void {
  let page = readFileSync(existsSync(path) ? path : PROSE, 'utf8');
  for (const [name, text] of sections) page = replaceSection(path, page, name, text);
  writeFile(path, page);
}

function replaceSection(path: string, page: string, name: string, text: string): string {
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  if (from < 0 || to < from)
    throw new Error(`updatePage: ${path} has no place for '${name}'; it should have the lines ${open} and ${close}`);
  return `${page.slice(0, from + open.length)}\n\n${text}\n\n${page.slice(to)}`;
}

/** The sections a report fills. */
export function sectionsOf(report: Report): Map<string, string> {
  const { machine, quick, ceilings, results, memory, startup } = report;
  const sections = new Map<string, string>();
  sections.set(
    'machine',
    `${machine.processor}, ${machine.cores} cores, ${machine.platform}, Node ${machine.node}.`
      + (quick ? ' Measured with `--quick`: a check that everything runs, no figures to rely on.' : ''),
  );
  const sizes = ceilings.at(0)?.copying.map(({ bytes }) => bytes) ?? [];
  sections.set(
    'roofline',
    markdownTable([
      ['threads', 'arithmetic, GFLOP/s', ...sizes.map((bytes) => `copying ${formatBytes(bytes)}, GB/s`)],
      ...ceilings.map(({ threads, arithmetic, copying }) => [
        String(threads),
        (arithmetic / 1e9).toFixed(1),
        ...copying.map(({ rate }) => (rate / 1e9).toFixed(1)),
      ]),
    ]),
  );
  const families = byFamily(results);
  for (const isNetwork of [false, true]) {
    const chosen = families.filter(({ family }) => NETWORKS.includes(family) === isNetwork);
    if (chosen.length === 0) continue;
    sections.set(
      isNetwork ? 'networks' : 'kernels',
      chosen.map((family) => `### ${family.family}\n\n${markdownTable(familyRows(family))}`).join('\n\n'),
    );
  }
  if (memory.length > 0) {
    sections.set(
      'memory',
      markdownTable([
        ['', 'threads', 'heap at most', 'resident at most'],
        ...memory.map(({ name, threads, heapBytes, residentBytes }) => [
          name,
          String(threads),
          formatBytes(heapBytes),
          formatBytes(residentBytes),
        ]),
      ]),
    );
  }
  if (startup.length > 0) {
    sections.set(
      'startup',
      markdownTable([
        ['', 'from start to first output'],
        ...startup.map(({ name, samples }) => [name, formatTime(samples)]),
      ]),
    );
  }
  return sections;
}

const NETWORKS: readonly string[] = ['inference', 'training'];
