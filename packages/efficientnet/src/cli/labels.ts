/** Names of classes, from a file. */
import { readFile } from '@vitrine/tensor/files';
import { messageOf } from './output.js';

/**
 * The names in a text, by class:
 *
 *     one a line                    blank lines at the end do not count
 *     ["tench", "goldfish"]         a JSON array
 *     {"0": "tench", "1": …}        a JSON object; of {"0": ["n01440764", "tench"]}, Keras' form, the last
 *
 * Throws an Error naming the file for JSON of any other form, and where a number is missing.
 */
export function parseLabels(text: string, name: string): readonly string[] {
  const plain = text.replace(/^\uFEFF/, '').trimEnd();
  const json = /^\s*[[{]/.test(plain) ? parseJson(plain, name) : undefined;
  if (json === undefined) return plain === '' ? [] : plain.split(/\r?\n/).map((line) => line.trim());
  if (Array.isArray(json)) return json.map((value: unknown, i) => nameOf(value, String(i), name));
  const entries = new Map(Object.entries(json ?? {}));
  return Array.from({ length: entries.size }, (_, i) => {
    if (!entries.has(String(i))) throw new Error(`${name}: ${entries.size} names, and none for class ${i}`);
    return nameOf(entries.get(String(i)), String(i), name);
  });
}

/** undefined: lines that only begin like JSON. A file that calls itself JSON must be. */
function parseJson(text: string, name: string): object | null | undefined {
  try {
    return JSON.parse(text) as object | null;
  } catch (error) {
    if (!/\.json$/i.test(name)) return undefined;
    throw new Error(`${name}: not valid JSON: ${messageOf(error)}`, { cause: error });
  }
}

function nameOf(value: unknown, key: string, name: string): string {
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  if (typeof last === 'string') return last;
  throw new Error(`${name}: class ${key} is ${JSON.stringify(value)}; expected a name in quotes`);
}

/**
 * One name for every class, or null: those of `path`, else those that the weights came with. Throws an Error if a file
 * has another number of them than the network has classes.
 */
export async function loadLabels(
  path: string | undefined, own: readonly string[] | null, classes: number,
): Promise<readonly string[] | null> {
  if (path === undefined) return own?.length === classes ? own : null;
  const labels = parseLabels(new TextDecoder().decode(await readFile(path)), path);
  if (labels.length !== classes) throw new Error(`${path}: ${labels.length} names; the network has ${classes} classes`);
  return labels;
}
