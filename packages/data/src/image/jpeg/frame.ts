/**
 * What is known of the image while its scans come in: the coefficients of each component, and to which bit each of the
 * 64 has been sent. A scan must fit that, or it is refused: so a file of a few bytes cannot keep a decoder busy.
 *
 * Source: T.81, A.1.1 and A.2 (sizes), B.2.3 (limits of a scan), G.1.1 (order of progressive scans).
 */
import type { HuffmanTables } from './huffman.js';
import type { Frame, ScanHeader } from './markers.js';
import type { CoefficientPlane, Scan, ScanComponent } from './scan.js';
import type { Sampling } from './upsample.js';

/** Encoders write about ten scans; even one for each coefficient of three components would be 192. */
const MAX_SCANS = 500;

/** A coefficient that no scan has sent yet. */
const UNKNOWN = -1;

export interface FrameComponentState {
  readonly plane: CoefficientPlane;
  readonly sampling: Sampling;
  /** The number of its quantization table. */
  readonly table: number;
  /** The table, as it was when the component's first scan began: later ones may take its place (B.2.4.1). */
  quantization: Uint16Array | undefined;
  /** By zigzag order: the lowest bit that is known, or UNKNOWN. */
  readonly known: Int8Array;
}

export interface FrameState {
  readonly progressive: boolean;
  readonly components: readonly FrameComponentState[];
  readonly mcusWide: number;
  readonly mcusHigh: number;
  /** Scans that have begun. */
  scans: number;
}

/** Tables as the segments before a scan have left them. */
export interface Tables {
  readonly huffman: HuffmanTables;
  readonly quantization: ReadonlyMap<number, Uint16Array>;
  readonly restartInterval: number;
}

/**
 * Sizes of everything, and zeros for the coefficients. Every block takes at least one bit of the file, so that a file
 * too short for its size is found out before anything is allocated.
 */
export function beginFrame(where: string, frame: Frame, bytes: number): FrameState {
  const { progressive, width, height, components } = frame;
  const [maxH, maxV] = [Math.max(...components.map(({ h }) => h)), Math.max(...components.map(({ v }) => v))];
  const [mcusWide, mcusHigh] = [Math.ceil(width / (8 * maxH)), Math.ceil(height / (8 * maxV))];
  const sizes = components.map(({ id, h, v, table }) => {
    const [horizontal, vertical] = [maxH / h, maxV / v];
    if (!Number.isInteger(horizontal) || !Number.isInteger(vertical)) {
      throw new Error(`${where}: component ${id} is sampled ${h}×${v} to ${maxH}×${maxV} of the densest; ` +
        'only whole ratios are read: convert the file');
    }
    const sampling: Sampling = {
      width: Math.ceil(width / horizontal), height: Math.ceil(height / vertical), horizontal, vertical,
    };
    const [blocksWide, blocksHigh] = [Math.ceil(sampling.width / 8), Math.ceil(sampling.height / 8)];
    return { id, h, v, table, sampling, blocksWide, blocksHigh };
  });
  const blocks = sizes.reduce((sum, { blocksWide, blocksHigh }) => sum + blocksWide * blocksHigh, 0);
  if (blocks > 8 * bytes) {
    throw new Error(`${where}: ${width}×${height} pixels are ${blocks} blocks, too many for ${bytes} bytes: ` +
      'it is cut short');
  }
  return {
    progressive, mcusWide, mcusHigh, scans: 0,
    components: sizes.map(({ id, h, v, table, sampling, blocksWide, blocksHigh }) => {
      const blocksStored = mcusWide * h;
      const coefficients = new Int16Array(64 * blocksStored * mcusHigh * v);
      return {
        plane: { id, h, v, blocksWide, blocksHigh, blocksStored, coefficients },
        sampling, table, quantization: undefined, known: new Int8Array(64).fill(UNKNOWN),
      };
    }),
  };
}

/** Checks a scan's header against what is known, notes what it brings, and looks its tables up. */
export function beginScan(where: string, frame: FrameState, header: ScanHeader, tables: Tables): Scan {
  frame.scans++;
  const here = `${where}: scan ${frame.scans}`;
  if (frame.scans > MAX_SCANS) throw new Error(`${here}: more than ${MAX_SCANS} scans are not read`);
  const chosen = header.components.map(({ id }) => {
    const component = frame.components.find(({ plane }) => plane.id === id);
    if (component === undefined) throw new Error(`${here}: component ${id}; the frame has none of that number`);
    return component;
  });
  if (new Set(chosen).size < chosen.length) throw new Error(`${here}: has a component twice`);
  checkBand(here, frame.progressive, header);
  for (const component of chosen) {
    noteProgress(here, component, header);
    component.quantization ??= tables.quantization.get(component.table);
    if (component.quantization === undefined) {
      throw new Error(`${here}: component ${component.plane.id} needs quantization table ${component.table}, ` +
        'which no DQT has defined');
    }
  }
  return {
    number: frame.scans,
    components: chosen.map(({ plane }, i): ScanComponent => ({
      plane,
      dc: tables.huffman.dc.get(header.components[i].dc),
      ac: tables.huffman.ac.get(header.components[i].ac),
    })),
    from: header.from, to: header.to, high: header.high, low: header.low,
    progressive: frame.progressive, mcusWide: frame.mcusWide, mcusHigh: frame.mcusHigh,
    restartInterval: tables.restartInterval,
  };
}

/** Sequential: everything. Progressive: DC alone, or AC of one component; one bit more than before, or from the top. */
function checkBand(here: string, progressive: boolean, { components, from, to, high, low }: ScanHeader): void {
  const fits = progressive
    ? from <= to && to <= 63 && (from === 0 ? to === 0 : components.length === 1) && low <= 13
      && (high === 0 || high === low + 1)
    : from === 0 && to === 63 && high === 0 && low === 0;
  if (!fits) {
    const kind = progressive ? 'progressive' : 'sequential';
    throw new Error(`${here}: coefficients ${from} to ${to}, bits ${high} to ${low}, of ${components.length} ` +
      `components: no scan of a ${kind} frame is like that`);
  }
}

function noteProgress(here: string, { plane, known }: FrameComponentState, { from, to, high, low }: ScanHeader): void {
  const before = high === 0 ? UNKNOWN : high;
  if (from > 0 && known[0] === UNKNOWN) throw new Error(`${here}: AC of component ${plane.id} comes before its DC`);
  for (let k = from; k <= to; k++) {
    if (known[k] !== before) {
      throw new Error(`${here}: coefficient ${k} of component ${plane.id} is known to bit ${known[k]}; ` +
        `the scan goes on from bit ${before} (${UNKNOWN}: nothing)`);
    }
    known[k] = low;
  }
}
