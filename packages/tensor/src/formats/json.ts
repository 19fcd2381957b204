/**
 * A strict JSON reader for file headers that come from strangers. It differs from `JSON.parse` in four points:
 * a key named twice is an error (JSON.parse keeps the last, so two readers of one file may see two contents), objects
 * are Maps (keys such as `__proto__` and `constructor` are ordinary), their keys keep the order of the file (a plain
 * object moves `"10"` before `"a"`), and nesting and the number of objects and arrays are bounded.
 *
 * Source: RFC 8259; https://github.com/huggingface/safetensors#format ("Duplicate keys are disallowed").
 */
export type Json = string | number | boolean | null | readonly Json[] | ReadonlyMap<string, Json>;

const maxDepth = 32;

/** Two bytes make an object, which takes a hundred. A header has three for each tensor. */
const maxContainers = 1_000_000;

/** Longer than any number a header needs; a run of a million digits is not worth converting. */
const maxScalarLength = 32;

/** A string in quotes for an error message, shortened: a hostile name may be megabytes long. */
export const quote = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);

/** The value `text` spells. Throws an Error beginning with `where` and giving the position (UTF-16 units, from 0). */
export function parseJson(where: string, text: string): Json {
  let at = 0;
  let containers = 0;

  const fail = (problem: string, position = at) => new Error(`${where}: ${problem} at character ${position}`);
  const found = () => (at < text.length ? quote(text[at]) : 'the end');

  const skipSpace = () => {
    while (at < text.length && ' \t\n\r'.includes(text[at])) at++;
  };

  /** Steps over `mark` if it comes next. */
  const take = (mark: string): boolean => {
    skipSpace();
    if (text[at] !== mark) return false;
    at++;
    return true;
  };

  const string = (): string => {
    const start = at;
    skipSpace();
    if (text[at] !== '"') throw fail(`expected a string in double quotes, found ${found()}`);
    const open = at++;
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    if (at >= text.length) throw fail('a string has no closing quote', start);
    const value = convert(open, ++at);
    if (typeof value !== 'string') throw fail('expected a string', open);
    if (/\p{Surrogate}/u.test(value)) throw fail('a string holds half a surrogate pair', open);
    return value;
  };

  /** Escapes, control characters and number syntax are left to JSON.parse: it sees one scalar only. */
  const convert = (start: number, end: number): unknown => {
    try {
      return JSON.parse(text.slice(start, end));
    } catch {
      throw fail(`${quote(text.slice(start, end))} is not JSON`, start);
    }
  };

  const scalar = (): number | boolean | null => {
    const start = at;
    while (at < text.length && /[-+.\w]/.test(text[at])) at++;
    if (at === start) throw fail(`expected a value, found ${found()}`);
    if (at - start > maxScalarLength) throw fail(`a number or word of ${at - start} characters`, start);
    const value = convert(start, at);
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
    throw fail('expected a number, true, false or null', start);
  };

  /** What stands between the brackets: items with commas between, none after the last. */
  const list = (close: string, item: () => void): void => {
    if (++containers > maxContainers) throw fail(`more than ${maxContainers} objects and arrays`);
    if (take(close)) return;
    do item();
    while (take(','));
    if (!take(close)) throw fail(`expected "," or "${close}", found ${found()}`);
  };

  const value = (depth: number): Json => {
    if (depth > maxDepth) throw fail(`nesting deeper than ${maxDepth}`);
    if (take('{')) {
      const object = new Map<string, Json>();
      list('}', () => {
        const key = string();
        if (object.has(key)) throw fail(`key ${quote(key)} is there twice, the second time ending`);
        if (!take(':')) throw fail(`expected ":" after key ${quote(key)}, found ${found()}`);
        object.set(key, value(depth + 1));
      });
      return object;
    }
    if (take('[')) {
      const items: Json[] = [];
      list(']', () => items.push(value(depth + 1)));
      return items;
    }
    return text[at] === '"' ? string() : scalar();
  };

  const result = value(0);
  skipSpace();
  if (at < text.length) throw fail(`expected the end, found ${found()}`);
  return result;
}
