/**
 * Stages as strings, the way the paper's code and its ports write them: `r2_k3_s22_e6_i16_o24_se0.25`.
 * r repeats, k kernel, s strides (down and across, equal here), e expand ratio, i and o input and output channels,
 * se squeeze ratio (left out: no squeeze-excitation), c1 for Fused-MBConv (V2's code).
 * Source: tpu `efficientnet_builder.py`, `BlockDecoder`; automl `effnetv2_configs.py`.
 */
import type { Architecture, StageConfig } from './config.js';

/** What a list of block strings says: the stages, and the channels that the stem must have. */
export interface ParsedBlocks {
  readonly stemChannels: number;
  readonly stages: readonly StageConfig[];
}

const FORM = /^r(\d+)_k(\d+)_s(\d)(\d)?_e(\d+)_i(\d+)_o(\d+)(?:_c([01]))?(?:_se(\d*\.?\d+))?$/;

/** Throws an Error naming the string, its place and the form, or the two stages whose channels do not meet. */
export function parseBlocks(strings: readonly string[]): ParsedBlocks {
  if (strings.length === 0) throw new Error('parseBlocks: a network has at least one stage; got none');
  const rows = strings.map(parseBlock);
  rows.forEach(({ inChannels }, i) => {
    const before = rows[i - 1];
    if (before !== undefined && before.stage.channels !== inChannels) {
      throw new Error(`parseBlocks: stage ${i} takes ${inChannels} channels (i), ` +
        `but stage ${i - 1} gives ${before.stage.channels} (o)`);
    }
  });
  return { stemChannels: rows[0].inChannels, stages: rows.map(({ stage }) => stage) };
}

function parseBlock(text: string, index: number): { inChannels: number; stage: StageConfig } {
  const refuse = (why: string): Error =>
    new Error(`parseBlocks: '${text}' (stage ${index}): ${why}; a stage reads r2_k3_s22_e6_i16_o24_se0.25`);
  const found = FORM.exec(text);
  if (found === null) throw refuse('not in that form');
  const [repeats, kernel, down, across, expandRatio, inChannels, channels] = found.slice(1, 8).map(Number);
  if (found[4] !== undefined && down !== across) {
    throw refuse(`strides down and across are equal here; got ${down} and ${across}`);
  }
  if ([repeats, kernel, down, expandRatio, inChannels, channels].includes(0)) {
    throw refuse('every number is at least 1');
  }
  const squeezeRatio = found[9] === undefined ? 0 : Number(found[9]);
  if (squeezeRatio > 1) throw refuse(`the squeeze ratio is from 0 to 1; got ${squeezeRatio}`);
  const block = found[8] === '1' ? 'fused' : 'mbconv';
  if (block === 'fused' && squeezeRatio > 0) throw refuse('Fused-MBConv has no squeeze-excitation here');
  return { inChannels, stage: { block, kernel, stride: down, expandRatio, channels, repeats, squeezeRatio } };
}

/** The strings of a network's stages, scaled or not. */
export function formatBlocks({ stemChannels, stages }: ParsedBlocks): string[] {
  return stages.map(({ block, kernel, stride, expandRatio, channels, repeats, squeezeRatio }, i) => {
    const inChannels = stages[i - 1]?.channels ?? stemChannels;
    const kind = block === 'fused' ? '_c1' : '';
    const squeeze = squeezeRatio > 0 ? `_se${squeezeRatio}` : '';
    return `r${repeats}_k${kernel}_s${stride}${stride}_e${expandRatio}_i${inChannels}_o${channels}${kind}${squeeze}`;
  });
}

/** An architecture from block strings, for `EfficientNet.fromVariant`. */
export const architectureFromBlocks = (
  strings: readonly string[],
  { headChannels = 1280, activation = 'silu' as Architecture['activation'], fixedEnds = false } = {},
): Architecture => ({ ...parseBlocks(strings), headChannels, activation, fixedEnds });
