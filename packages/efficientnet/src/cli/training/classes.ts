/** The classes of a data set and those of a network, which may know more, in another order. */
import type { ImageSource } from '@vitrine/data';

/**
 * The images with the network's classes in the place of their own: by name where the weights have names, else by index.
 * Throws an Error naming the classes that the network does not know, or both numbers where there are no names.
 */
export function inClassesOf(source: ImageSource, names: readonly string[] | null, count: number): ImageSource {
  const { classes } = source;
  if (names?.length !== count) {
    if (classes.length === count) return source;
    throw new Error(`the data have ${classes.length} classes, the network ${count}, and no names for them`);
  }
  const unknown = classes.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    const [some, more] = [unknown.slice(0, 8).join(', '), unknown.length > 8 ? `, … (${unknown.length})` : ''];
    throw new Error(`the data have classes that the network does not know: ${some}${more}; it knows ` +
      `${names.slice(0, 8).join(', ')}${names.length > 8 ? `, … (${names.length})` : ''}`);
  }
  const index = classes.map((name) => names.indexOf(name));
  return { ...source, classes: names, labels: Int32Array.from(source.labels, (label) => index[label]) };
}

/** One after the other. */
export function joined(first: ImageSource, second: ImageSource): ImageSource {
  const { length } = first;
  return {
    ...first, name: `${first.name} and ${second.name}`, length: length + second.length,
    labels: Int32Array.from([...first.labels, ...second.labels]),
    read: (index) => (index < length ? first.read(index) : second.read(index - length)),
  };
}
