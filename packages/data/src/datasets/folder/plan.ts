/** Which files of a folder are images, of which classes, and which of them are for testing: by their names alone. */
import { Random } from '@vitrine/tensor';

/** An image file. */
export interface Entry {
  /** Below the data set's folder. */
  readonly path: string;
  /** The name of its folder. */
  readonly className: string;
}

export interface FolderPlan {
  readonly classes: readonly string[];
  readonly train: readonly Entry[];
  readonly test: readonly Entry[];
  /** Files that are no images, or in no class. */
  readonly ignored: readonly string[];
  /** The folders at the top that are left out, whatever is in them, because others say the split. */
  readonly unused: readonly string[];
}

const IMAGE = /\.(?:png|jpe?g)$/i;

/** Code units, as `sort` has it: the same on every machine. */
const ascending = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/**
 * files: paths below a folder, sorted; empty folders end in '/'. Each folder at the top is a class, with images at any
 * depth; or there are a `train` and a `test` (else a `val`) with the folders of classes in them, and `share` does not
 * count. Classes are sorted by name, images by class and path.
 *
 * Otherwise round(share·n) of the n images of each class are for testing, chosen by seed and the class's name; of two
 * or more images at least one on each side, if share > 0.
 */
export function planFolder(where: string, files: readonly string[], share: number, seed: number): FolderPlan {
  const tops = new Set(files.filter((file) => file.includes('/')).map((file) => file.slice(0, file.indexOf('/'))));
  const candidates = ['test', 'val'].filter((name) => tops.has(name));
  if (tops.has('train') && candidates.length > 0) {
    // Kaggle's test sets are images without labels, and the validation set lies beside them.
    const testing = candidates.find((name) => entriesBelow(files, `${name}/`).entries.length > 0);
    if (testing !== undefined) return planned(where, files, testing, [...tops]);
    throw new Error(`${where} has no image in a folder of a class in ${candidates.join(' or ')}, so none there has ` +
      'a label; expected the folders of classes that train has; or load the folder train itself, which will be split');
  }
  if (tops.has('train') && tops.size === 1) {
    throw new Error(`${where} has the folder train and no other; expected a test or val beside it; ` +
      'or load the folder train itself, which will be split');
  }
  const { entries, ignored } = entriesBelow(files, '');
  const classes = classesOf(where, files, '', entries);
  const random = new Random(seed).split('split');
  const train: Entry[] = [];
  const test: Entry[] = [];
  const entriesOf = new Map<string, Entry[]>(classes.map((name) => [name, []]));
  for (const entry of entries) entriesOf.get(entry.className)?.push(entry);
  for (const [name, own] of entriesOf) {
    const count = testCount(own.length, share);
    const chosen = new Set(random.split(name).permutation(own.length).subarray(0, count));
    own.forEach((entry, i) => (chosen.has(i) ? test : train).push(entry));
  }
  return { classes, train, test, ignored, unused: [] };
}

const testCount = (n: number, share: number): number =>
  (share === 0 || n < 2 ? 0 : Math.min(n - 1, Math.max(1, Math.round(share * n))));

/** The split that the folders say. */
function planned(where: string, files: readonly string[], testing: string, tops: readonly string[]): FolderPlan {
  const [train, test] = ['train', testing].map((top) => entriesBelow(files, `${top}/`));
  const isUsed = (top: string): boolean => top === 'train' || top === testing;
  const outside = files.filter((file) => !file.endsWith('/') && !isUsed(file.split('/')[0]));
  const ignored = [...outside, ...train.ignored, ...test.ignored];
  const classes = classesOf(where, files, 'train/', train.entries);
  const stranger = test.entries.find(({ className }) => !classes.includes(className));
  if (stranger !== undefined) {
    throw new Error(`${where}/${testing} has the class ${stranger.className}, and train does not; ` +
      `expected classes of train: ${classes.join(', ')}`);
  }
  const unused = tops.filter((top) => !isUsed(top));
  return { classes, train: train.entries, test: test.entries, ignored, unused };
}

/** The name of the folder below `top` in which a file is. */
const folderOf = (file: string, top: string): string => file.slice(top.length, file.indexOf('/', top.length));

/** The images in the folders below `top`, by class and path, and all other files there. */
function entriesBelow(files: readonly string[], top: string): { entries: Entry[]; ignored: string[] } {
  const below = files.filter((file) => file.startsWith(top) && !file.endsWith('/'));
  const isImage = (file: string): boolean => IMAGE.test(file) && file.includes('/', top.length);
  const entries = below.filter(isImage)
    .map((path) => ({ path, className: folderOf(path, top) }))
    .sort((a, b) => ascending(a.className, b.className) || ascending(a.path, b.path));
  return { entries, ignored: below.filter((file) => !isImage(file)) };
}

/** The folders below `top`, sorted. Throws if there is none, or none of the files in one is an image. */
function classesOf(where: string, files: readonly string[], top: string, entries: readonly Entry[]): readonly string[] {
  const inFolders = files.filter((file) => file.startsWith(top) && file.includes('/', top.length));
  const classes = [...new Set(inFolders.map((file) => folderOf(file, top)))].sort(ascending);
  if (classes.length === 0) {
    throw new Error(`${where}/${top} has no folders; expected one for each class, with .png, .jpg or .jpeg files ` +
      `in it; it has ${files.length === 0 ? 'nothing at all' : `${files.length} files, such as ${files[0]}`}`);
  }
  const filled = new Set(entries.map(({ className }) => className));
  const empty = classes.find((name) => !filled.has(name));
  if (empty === undefined) return classes;
  const found = inFolders.find((file) => folderOf(file, top) === empty && !file.endsWith('/'));
  throw new Error(`${where}/${top}${empty} has no image; expected .png, .jpg or .jpeg files, since every folder is ` +
    `a class; ${found === undefined ? 'it is empty' : `found ${found}`}; remove the folder, or convert its files`);
}
