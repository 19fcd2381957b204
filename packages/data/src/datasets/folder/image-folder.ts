/** Data sets of image files, one folder a class, decoded when they are needed. */
import { defaultWorkers } from '#decoder';
import { filePath, listFiles } from '#files';
import { checkChoice, refuse } from '../../checks.js';
import { checkSize, decodeOptions } from '../../image/limits.js';
import { makeLabels } from '../labels.js';
import type { ImageSource } from '../source.js';
import { type Entry, type FolderPlan, planFolder } from './plan.js';
import { DecodePool } from './pool.js';
import type { ReadImageOptions } from './read-image.js';

const WHERE = 'loadImageFolder';

export interface LoadImageFolderOptions extends ReadImageOptions {
  /** The share of each class's images that is for testing, from 0 to below 1. Default 0.2. */
  readonly test?: number;
  /** Of the split. Default 0. */
  readonly seed?: number;
  /** Read every image once, now, so that damaged ones are found before training. Default true. */
  readonly verify?: boolean;
  /** The first damaged image is an error. Default false: it is left out, with a warning. */
  readonly strict?: boolean;
  /** Worker threads that decode; 0 decodes in the caller. Default: the cores less one, from 1 to 4. */
  readonly workers?: number;
  /** Told of every damaged image, and once of the files that are ignored. Default: `console.warn`. */
  readonly warn?: (message: string) => void;
}

/** Image files of known classes. */
export interface ImageFolder extends ImageSource {
  /** The path of image `index`. */
  readonly files: readonly string[];
}

export interface ImageFolders {
  readonly train: ImageFolder;
  readonly test: ImageFolder;
  /** The damaged images that were left out, and why. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
  /** Files that are no .png, .jpg or .jpeg, or in no folder of a class that is used. */
  readonly ignored: readonly string[];
  /** Ends the worker threads; nothing can be read afterwards. (They do not keep the process alive in any case.) */
  readonly close: () => void;
}

/**
 * Images in folders, one for each class, whose name is the folder's; images may lie in folders inside it.
 *
 *     flowers/rose/1.jpg          flowers/train/rose/1.jpg
 *     flowers/rose/more/2.png     flowers/test/rose/2.png     (else val)
 *     flowers/tulip/1.jpg         flowers/train/tulip/1.jpg
 *
 * On the left each class is split by `test` and `seed`; on the right the folders say it. Classes and images are sorted
 * by name, so all is the same on every machine, and with any number of workers; the split depends on names alone,
 * whatever is damaged.
 *
 * Only labels and paths are kept: every epoch reads the files again, on worker threads, which decode, convert to
 * `channels` and `resize`. With `verify` that is done once beforehand (it takes as long as an epoch's decoding):
 * damaged images are then left out of `train` and `test`, so that all epochs have the same batches. Without it, or if a
 * file changes later, a damaged image is an error when its turn comes.
 *
 * For evaluation as torchvision's, `resize` the shorter side and give the loader the `size` of the middle:
 *
 *     const { train, test } = await loadImageFolder('flowers', { resize: 256 });
 *     const testing = new DataLoader({ dataset: test, batchSize: 32, size: 224, ...IMAGENET });
 *
 * Throws if the folder cannot be listed, has no classes, a class without an image, or (with `strict`) a damaged image;
 * or if workers cannot start.
 */
export async function loadImageFolder(dir: string, options: LoadImageFolderOptions = {}): Promise<ImageFolders> {
  const {
    test: share = 0.2, seed = 0, verify = true, strict = false, workers = defaultWorkers(),
    warn = (message) => console.warn(message), ...reading
  } = options;
  if (!(share >= 0 && share < 1)) throw new Error(`${WHERE}: test is ${share}; expected a share from 0 to below 1`);
  checkReading(reading);
  const plan = planFolder(`${WHERE}: ${dir}`, await listFiles(dir), share, seed);
  if (plan.ignored.length > 0) {
    warn(`${WHERE}: ${dir}: ignored ${plan.ignored.length} files that are no .png, .jpg or .jpeg in the folder of a ` +
      `class, such as ${plan.ignored[0]}${unusedIn(plan)}`);
  }
  const pool = new DecodePool(workers, reading);
  try {
    const skipped = new Map<Entry, string>();
    if (verify) {
      const ahead = 8 * Math.max(1, workers); // so that no worker waits for the next file
      for await (const [entry, reason] of problems(pool, dir, [...plan.train, ...plan.test], ahead)) {
        if (strict) throw new Error(`${WHERE}: damaged image: ${reason}; leave out strict to go on without it`);
        skipped.set(entry, reason);
        warn(`${WHERE}: skipped a damaged image: ${reason}`);
      }
    }
    const source = (split: 'train' | 'test'): ImageFolder => {
      const entries = plan[split].filter((entry) => !skipped.has(entry));
      return imageFolder(`${dir} ${split}`, dir, entries, plan.classes, pool, reading.channels ?? 3);
    };
    const train = source('train');
    const missing = plan.classes.findIndex((_, label) => !train.labels.includes(label));
    if (missing >= 0) {
      throw new Error(`${WHERE}: ${dir}: class ${plan.classes[missing]} has no image left to train with; ` +
        `${skipped.size} images are damaged, the first: ${[...skipped.values()][0]}`);
    }
    const list = Array.from(skipped, ([{ path }, reason]) => ({ file: filePath(dir, path), reason }));
    return { train, test: source('test'), skipped: list, ignored: plan.ignored, close: () => pool.close() };
  } catch (error) {
    pool.close();
    throw error;
  }
}

const unusedIn = ({ unused }: FolderPlan): string => (unused.length === 0 ? ''
  : `; not used: the folder${unused.length === 1 ? '' : 's'} ${unused.join(', ')}, because others say the split`);

/** What would fail for every image is no image's fault. */
function checkReading(options: ReadImageOptions): void {
  const { channels = 3, resize = 1, interpolation = 'bicubic' } = options;
  const { maxPixels } = decodeOptions(WHERE, options);
  if (channels !== 1 && channels !== 3) refuse(WHERE, 'channels', channels, '1 or 3');
  const sides = typeof resize === 'number' ? [resize, resize] : resize;
  if (sides.length !== 2 || !sides.every((side) => Number.isInteger(side) && side >= 1)) {
    refuse(WHERE, 'resize', resize, 'whole numbers from 1: the shorter side, or [height, width]');
  }
  checkChoice(WHERE, 'interpolation', interpolation, ['bicubic', 'bilinear']);
  // A shorter side's square is the least that comes of it.
  checkSize(`${WHERE}: resize`, sides[1], sides[0], maxPixels);
}

/** The images that cannot be read, in order, and why; up to `ahead` are read at a time. */
async function* problems(
  pool: DecodePool, dir: string, entries: readonly Entry[], ahead: number,
): AsyncGenerator<readonly [Entry, string]> {
  const begun: Promise<string | null>[] = [];
  for (const [i, entry] of entries.entries()) {
    while (begun.length < Math.min(entries.length, i + ahead)) {
      const problem = pool.problem(filePath(dir, entries[begun.length].path));
      problem.catch(() => undefined); // of those behind the first that rejects, nobody hears
      begun.push(problem);
    }
    const reason = await begun[i];
    if (reason !== null) yield [entry, reason];
  }
}

function imageFolder(
  name: string, dir: string, entries: readonly Entry[], classes: readonly string[], pool: DecodePool, channels: number,
): ImageFolder {
  const files = entries.map(({ path }) => filePath(dir, path));
  const labelOf = new Map(classes.map((className, label) => [className, label]));
  const labels = makeLabels(classes.length, entries.map(({ className }) => labelOf.get(className) ?? 0));
  const { length } = files;
  const read: ImageFolder['read'] = (index) => {
    if (Number.isInteger(index) && index >= 0 && index < length) return pool.read(files[index]);
    throw new Error(`${WHERE}: ${name}: index ${index}; expected an integer from 0 to ${length - 1}`);
  };
  return { name, classes, channels, length, labels, files, read };
}
