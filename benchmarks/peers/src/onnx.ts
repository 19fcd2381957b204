/**
 * Whether ONNX Runtime computes from an exported file what Vitrine computes: every kind of block, both conventions,
 * batch norm folded and not, batches of one and of three, sizes fixed and chosen by the run. Logits that are off end it
 * with an error.
 */
import process from 'node:process';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import * as t from '../../../packages/tensor/dist/index.js';
import { noGrad } from '../../../packages/autograd/dist/index.js';
import { EfficientNet, architectureFromBlocks, exportOnnx } from '../../../packages/efficientnet/dist/index.js';
import type { EfficientNetOptions } from '../../../packages/efficientnet/dist/index.js';
import { channelsFirst } from '../../dist/export/network.js';
import { textTable } from '../../dist/harness/format.js';
import { relativeError } from '../../dist/harness/verify.js';
import { freshNetwork, measured } from '../../dist/models/network.js';
import { TOLERANCE, assertClose, say } from './turns.js';

type Size = readonly [height: number, width: number];

interface Case {
  readonly title: string;
  readonly make: (options: EfficientNetOptions) => EfficientNet;
  readonly options: EfficientNetOptions;
  readonly size: Size;
  readonly dynamic?: boolean;
}

/** Fused-MBConv of both forms, with and without a residual, before MBConv: V2 in small. */
function smallV2(options: EfficientNetOptions): EfficientNet {
  t.manualSeed(3);
  const architecture = architectureFromBlocks([
    'r2_k3_s11_e1_i24_o24_c1',
    'r2_k3_s22_e4_i24_o48_c1',
    'r2_k3_s22_e4_i48_o64_se0.25',
  ]);
  const scaling = { widthCoefficient: 1, depthCoefficient: 1, resolution: 96, dropout: 0 };
  return EfficientNet.fromVariant('small-v2', { architecture, ...scaling }, options);
}

const named =
  (name: string) =>
  (options: EfficientNetOptions): EfficientNet =>
    freshNetwork(name, options);

const square = (side: number): Size => [side, side];
const CASES: readonly Case[] = [
  { title: 'b0', make: named('b0'), options: {}, size: square(224) },
  { title: 'b0', make: named('b0'), options: { conventions: 'pytorch' }, size: square(224) },
  { title: 'b0', make: named('b0'), options: {}, size: [193, 158], dynamic: true },
  { title: 'b0', make: named('b0'), options: { conventions: 'pytorch' }, size: [193, 158], dynamic: true },
  { title: 'lite0', make: named('lite0'), options: {}, size: square(224) },
  { title: 'small-v2', make: smallV2, options: {}, size: square(96) },
  { title: 'small-v2', make: smallV2, options: { conventions: 'pytorch' }, size: [97, 64], dynamic: true },
];

/** With the nodes run as the file has them, and after ONNX Runtime has folded and fused what it can. */
const LEVELS = ['disabled', 'all'] as const;

async function inRuntime(
  file: Uint8Array,
  images: t.Tensor,
  graphOptimizationLevel: (typeof LEVELS)[number],
): Promise<Float32Array> {
  const [N, H, W, C] = images.shape;
  const session = await InferenceSession.create(file, { graphOptimizationLevel });
  const input = new Tensor('float32', channelsFirst(images.toFloat32Array(), N, H * W, C), [N, C, H, W]);
  const { logits } = await session.run({ input });
  if (!(logits.data instanceof Float32Array)) throw new Error('the logits are no float32');
  return logits.data;
}

async function check({ title, make, options, size, dynamic = false }: Case): Promise<string[][]> {
  const model = measured((measuring) => make({ ...options, ...measuring }), { size });
  const { convention, inChannels } = model.config;
  const rows: string[][] = [];
  for (const foldBatchNorm of [true, false]) {
    const file = exportOnnx(model, { foldBatchNorm, imageSize: dynamic ? 'dynamic' : size });
    const errors: string[] = [];
    for (const count of [1, 3]) {
      const images = t.randn([count, ...size, inChannels], new t.Random(9));
      const want = t.scope(() => noGrad(() => model.call(images)).value.toFloat32Array());
      if (count > 1) assertAlive(title, want, model.config.numClasses);
      let worst = 0;
      for (const level of LEVELS) {
        const error = relativeError(await inRuntime(file, images, level), want);
        assertClose(`ONNX Runtime, ${title}, ${convention}, ${level}, batch ${count}`, 'logits', error, TOLERANCE);
        worst = Math.max(worst, error);
      }
      errors.push(worst.toExponential(1));
    }
    const norm = foldBatchNorm ? 'folded' : 'nodes';
    rows.push([title, convention, norm, size.join(' × '), dynamic ? 'dynamic' : 'fixed', ...errors]);
  }
  return rows;
}

/** If the logits of two images were the same, any comparison would pass. */
function assertAlive(title: string, logits: Float32Array, classes: number): void {
  const difference = relativeError(logits.subarray(0, classes), logits.subarray(classes, 2 * classes));
  if (!(difference > 100 * TOLERANCE)) throw new Error(`${title}: two images differ by ${difference} only`);
}

try {
  const rows = [['', 'conventions', 'batch norm', 'images', 'size', 'batch 1', 'batch 3']];
  for (const one of CASES) rows.push(...(await check(one)));
  process.stdout.write(`Logits of ONNX Runtime, off Vitrine's by this share of the largest:\n\n${textTable(rows)}\n`);
} catch (error) {
  say(`onnx: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
