/**
 * What a person sees while a run is going on: one line that moves.
 *
 *     train 3/5 ▕██████████████▉         ▏  62 %  812 images/s  loss 0.5123  ETA 0:41
 *
 * On a terminal that line is rewritten in place, about ten times a second. Into a file or a pipe, where nothing can be
 * rewritten, a plain line is printed every few seconds. Either way each phase leaves exactly one closing line behind:
 *
 *     train 3/5  60000 images in 1:14  812 images/s  loss 0.5123
 *
 * The cursor is never hidden and the screen never cleared, so an interrupted run leaves the terminal as it found it.
 */

/** Where the line goes: `process.stderr` fits, and so does an object with a `write` in a test or a page. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Width in characters; read anew for every line, because a terminal can be resized. Absent or 0: 80. */
  readonly columns?: number | undefined;
}

export interface ProgressOptions {
  stream: ProgressStream;
  /** A clock in milliseconds. Default: `performance.now`. */
  now?: (() => number) | undefined;
}

/** Numbers shown beside the bar, in the order given. The first is the last to go when a terminal is narrow. */
export type ProgressMetrics = Readonly<Record<string, number | string>>;

const TERMINAL_INTERVAL = 100; // ms: faster than that nobody can read
const PLAIN_INTERVAL = 5000; // ms: a log file should stay short
const BAR = { most: 24, least: 4 }; // characters

interface Phase {
  label: string;
  total: number | undefined;
  unit: string;
  startedAt: number;
  shownAt: number;
  done: number;
  metrics: ProgressMetrics;
}

/** A part of the line; parts of a low rank are left out first when the line does not fit. */
interface Part {
  text: string;
  rank: number;
}

export class Progress {
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  #phase: Phase | undefined;

  constructor({ stream, now = () => performance.now() }: ProgressOptions) {
    this.#stream = stream;
    this.#now = now;
  }

  /**
   * Begins a phase such as `train 3/5`. `total` counts `unit`s (images, say); without it there is no bar and no ETA.
   * A phase still running is ended first.
   */
  start(label: string, total?: number, unit = 'images'): void {
    if (total !== undefined && !(total >= 0 && Number.isFinite(total))) {
      throw new RangeError(`Progress.start: total must be a number >= 0, or absent if unknown; found ${String(total)}`);
    }
    this.end();
    const startedAt = this.#now();
    this.#phase = { label: printable(label), total, unit, startedAt, shownAt: startedAt, done: 0, metrics: {} };
    if (this.#stream.isTTY === true) this.#rewrite(this.#phase, startedAt);
  }

  /** `done` units of the phase are behind us, counted from its start (not since the last call). */
  update(done: number, metrics: ProgressMetrics = {}): void {
    const phase = this.#phase;
    if (phase === undefined) throw new Error('Progress.update: no phase is running; call start(label, total) first');
    if (!(done >= 0 && Number.isFinite(done))) {
      throw new RangeError(`Progress.update: done must be a number >= 0; found ${String(done)}`);
    }
    phase.done = done;
    phase.metrics = metrics;
    const now = this.#now();
    const terminal = this.#stream.isTTY === true;
    if (now - phase.shownAt < (terminal ? TERMINAL_INTERVAL : PLAIN_INTERVAL)) return;
    phase.shownAt = now;
    if (terminal) this.#rewrite(phase, now);
    else this.#stream.write(`${join(phase.label, liveParts(phase, now))}\n`);
  }

  /** Prints whole lines without disturbing the live one: a warning, a note. */
  log(text: string): void {
    const terminal = this.#stream.isTTY === true;
    this.#stream.write(`${terminal && this.#phase !== undefined ? CLEAR : ''}${text}\n`);
    if (terminal && this.#phase !== undefined) this.#rewrite(this.#phase, this.#now());
  }

  /** Closes the phase with its one lasting line. Does nothing when none is running, so it may stand in a `finally`. */
  end(): void {
    const phase = this.#phase;
    if (phase === undefined) return;
    this.#phase = undefined;
    const line = join(phase.label, closingParts(phase, this.#now()));
    this.#stream.write(`${this.#stream.isTTY === true ? CLEAR : ''}${line}\n`);
  }

  #rewrite(phase: Phase, now: number): void {
    // One column is left free: a full last column makes some terminals wrap, and \r cannot climb back.
    const width = (this.#stream.columns || 80) - 1;
    this.#stream.write(CLEAR + liveLine(phase, now, width));
  }
}

const CLEAR = '\r\x1b[K';

function liveLine(phase: Phase, now: number, width: number): string {
  const parts = liveParts(phase, now);
  while (parts.length > 1 && displayWidth(join(phase.label, parts)) > width) {
    parts.splice(parts.indexOf(parts.reduce((low, part) => (part.rank < low.rank ? part : low))), 1);
  }
  const room = Math.min(BAR.most, width - displayWidth(join(phase.label, parts)) - ' ▕▏'.length);
  if (phase.total === undefined || room < BAR.least) return truncate(join(phase.label, parts), width);
  return join(`${phase.label} ${bar(fraction(phase), room)}`, parts);
}

function liveParts(phase: Phase, now: number): Part[] {
  const { done, total, unit } = phase;
  const seconds = (now - phase.startedAt) / 1000;
  const rate = seconds > 0 ? done / seconds : 0;
  // Rounded down, so that 100 % means all of it.
  const percent = `${String(Math.floor(100 * fraction(phase))).padStart(3)} %`;
  return [
    { text: total === undefined ? `${done} ${unit}` : percent, rank: 4 },
    ...(rate > 0 ? [{ text: `${formatRate(rate)} ${unit}/s`, rank: 1 }] : []),
    ...metricParts(phase.metrics),
    ...(rate > 0 && total !== undefined
      ? [{ text: `ETA ${formatDuration(Math.max(0, total - done) / rate)}`, rank: 2 }]
      : []),
  ];
}

function closingParts(phase: Phase, now: number): Part[] {
  const { done, total, unit } = phase;
  const seconds = (now - phase.startedAt) / 1000;
  const count = total !== undefined && done < total ? `${done} of ${total}` : String(done);
  return [
    { text: `${count} ${unit} in ${formatDuration(seconds)}`, rank: 4 },
    ...(seconds > 0 && done > 0 ? [{ text: `${formatRate(done / seconds)} ${unit}/s`, rank: 1 }] : []),
    ...metricParts(phase.metrics),
  ];
}

const metricParts = (metrics: ProgressMetrics): Part[] =>
  Object.entries(metrics).map(([name, value], i) => ({
    text: printable(`${name} ${typeof value === 'number' ? formatNumber(value) : value}`),
    rank: i === 0 ? 3 : -i,
  }));

const fraction = ({ done, total }: Phase): number =>
  total === undefined || total === 0 ? 1 : Math.min(1, done / total);

const join = (label: string, parts: readonly Part[]): string => [label, ...parts.map(({ text }) => text)].join('  ');

/** `▕███▌   ▏`: `width` cells, drawn to an eighth of a cell. */
function bar(filled: number, width: number): string {
  const eighths = Math.round(filled * width * 8);
  const blocks = '█'.repeat(Math.floor(eighths / 8)) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8];
  return `▕${blocks.padEnd(width)}▏`;
}

/** Four decimals where they say something, four significant digits elsewhere: `0.5123`, `1.235e-5`, `NaN`. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 0.001 && size < 1000) return value.toFixed(4);
  return size >= 1000 && size < 1e6 ? value.toFixed(1) : value.toExponential(3);
}

/** `812`, `81.2`, `0.81`. */
export const formatRate = (rate: number): string =>
  Number.isFinite(rate) ? rate.toFixed(rate >= 100 ? 0 : rate >= 1 ? 1 : 2) : '–';

/** A share of one as a percentage with one decimal: `97.3 %`; what was never measured (NaN) is `–`. */
export const formatPercent = (share: number): string =>
  Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : '–';

/** Seconds as `0:41`, `12:05`, `3:07:59`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Control characters become `�`: a class named `\x1b[2J` must not clear the reader's screen. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, '\uFFFD');

// The blocks of East Asian wide and fullwidth characters (Unicode Standard Annex 11), and what is drawn as an emoji.
const WIDE = new RegExp(
  '[\\u1100-\\u115F\\u2E80-\\uA4CF\\uAC00-\\uD7A3\\uF900-\\uFAFF\\uFE30-\\uFE6F\\uFF00-\\uFF60\\uFFE0-\\uFFE6]' +
    '|\\p{Emoji_Presentation}', 'u');

/** Columns a text takes on a terminal: 0 for combining marks, 2 for East Asian wide characters and emoji, else 1. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += /[\p{Mn}\p{Me}\p{Cf}]/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** The text itself if it fits in `width` columns, else its beginning and `…`. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = '';
  for (const character of text) {
    if (displayWidth(kept + character) > width - 1) break;
    kept += character;
  }
  return width > 0 ? `${kept}…` : '';
}
