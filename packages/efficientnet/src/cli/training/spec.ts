/** Short texts for what has a name and a few settings: `crop:2`, `cutmix:1@0.5`, `sgd:0.9`. */

/** `name:arg:arg@probability`. */
export interface Spec {
  readonly text: string;
  readonly name: string;
  readonly args: readonly string[];
  /** What stands behind @. */
  readonly probability: number | undefined;
}

export function parseSpec(text: string): Spec {
  const [, front, behind] = /^([^@]*)(?:@(.*))?$/.exec(text.trim()) ?? ['', text, undefined];
  const [name, ...args] = front.split(':');
  const probability = behind === undefined ? undefined : numberIn(text, behind);
  if (probability !== undefined && (probability < 0 || probability > 1)) {
    throw new Error(`'${text}': behind @ stands a probability, from 0 to 1`);
  }
  return { text, name, args, probability };
}

/** The arguments as numbers; those that are left out are undefined. Throws an Error if there are more than `most`. */
export function numbersOf({ text, name, args }: Spec, most: number): readonly (number | undefined)[] {
  if (args.length > most) {
    const allowed = most === 0 ? 'no number' : most === 1 ? 'one number' : `at most ${most} numbers`;
    throw new Error(`'${text}': ${name} takes ${allowed}, with : before it`);
  }
  return args.map((arg) => numberIn(text, arg));
}

function numberIn(text: string, part: string): number {
  const value = part.trim() === '' ? NaN : Number(part);
  if (Number.isFinite(value)) return value;
  throw new Error(`'${text}': '${part}' is no number`);
}

/** The row of a table that a spec names. Throws an Error with the names there are. */
export function rowOf<T>(table: Readonly<Record<string, T>>, { name, text }: Spec): T {
  if (Object.hasOwn(table, name)) return table[name];
  const where = text === name ? '' : `'${text}': `;
  throw new Error(`${where}there is no '${name}'; known are ${Object.keys(table).join(', ')}`);
}

/** What is given, without what is not: for objects of options, whose defaults apply to what is left out. */
export const givenOf = <T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as
    { [K in keyof T]?: Exclude<T[K], undefined> };
