/** The command line: what Ctrl-C does to a training, and when it comes too late to do anything. */
import { EfficientNet, stageGroups } from '@vitrine/efficientnet';
import { Progress } from '@vitrine/nn';
import { RunLog } from '@vitrine/nn/node';
import { info, manualSeed } from '@vitrine/tensor';
import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { loadSets, wantedBy } from '../../packages/efficientnet/dist/cli/training/data.js';
import { DATA_DEFAULTS, RUN_DEFAULTS } from '../../packages/efficientnet/dist/cli/training/options.js';
import { TRAINING_PRESETS, valuesOf } from '../../packages/efficientnet/dist/cli/training/presets.js';
import { makeLoaders, runTraining } from '../../packages/efficientnet/dist/cli/training/run.js';
import type { Ending } from '../../packages/efficientnet/dist/cli/training/run.js';
import { writeIdx } from './support/tiny-data.js';

const STEPS = 5;

describe('command line: interrupt', () => {
  let root = '';
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'vitrine-interrupt-'));
    writeIdx(join(root, 'data'));
  });
  after(() => rmSync(root, { recursive: true }));

  interface Plan {
    readonly epochs: number;
    /** Nothing is learned, which is borne for one epoch. */
    readonly stuck?: boolean;
    /** As `finetune` does. */
    readonly tuned?: boolean;
    /** Ctrl-C in so manieth step, counted from 1 in this process, or while so manieth evaluation is told. */
    readonly at?: readonly ['step' | 'evaluation', number];
  }

  /** Trains in the folder of `log`, as the commands do, but is interrupted where the plan says, not when. */
  async function train(log: RunLog, { epochs, stuck = false, tuned = false, at }: Plan): Promise<Ending> {
    const seen = { step: 0, evaluation: 0 };
    const count = (what: 'step' | 'evaluation'): void => {
      seen[what]++;
      if (at?.[0] === what && at[1] === seen[what]) process.emit('SIGINT', 'SIGINT');
    };
    class Counting extends Progress {
      override update(done: number, values?: Parameters<Progress['update']>[1]): void {
        super.update(done, values);
        count('step');
      }
    }
    const output = {
      stream: process.stdout, progress: new Counting({ stream: { write: () => true } }), warn: () => undefined,
      say: (text: string) => {
        if (text.startsWith('test accuracy')) count('evaluation');
      },
    };
    const values = {
      ...valuesOf(TRAINING_PRESETS.start), ...RUN_DEFAULTS, backend: info().backend, epochs, 'batch-size': 8,
      ...(stuck && { lr: 1e-12, 'early-stopping': 0 }),
    };
    const data = { ...DATA_DEFAULTS, data: join(root, 'data') };
    const network = { imageSize: 28, inChannels: 1 };
    const sets = await loadSets(data, (known) => wantedBy(known, data, network), () => undefined);
    manualSeed(1);
    const model = EfficientNet.fromName(values.model, { numClasses: 10, batchNormMomentum: stuck ? 0 : 0.1 });
    const groups = tuned ? { groups: stageGroups(model, { decay: 0.9 }) } : {};
    return runTraining({ model, sets, loaders: makeLoaders(sets, values), values, ...groups, log, output });
  }

  const fresh = (): RunLog => RunLog.create(join(root, 'runs'));

  it('within an epoch: no evaluation of what has been made of it, in a new run or a resumed one', async () => {
    const log = fresh();
    const first = await train(log, { epochs: 3, at: ['step', STEPS + 2] });
    expect(first).to.include({ interrupted: true, stopped: null });
    expect(first.results).to.have.length(1);
    expect(first.evaluation, 'of the first epoch').not.to.equal(null);
    const resumed = await train(RunLog.open(log.folder), { epochs: 3, at: ['step', 1] });
    expect(resumed).to.include({ interrupted: true, stopped: null, evaluation: null });
    expect(resumed.results).to.have.length(1);
    expect(resumed.steps).to.have.length(STEPS + 3);
    const last = await train(RunLog.open(log.folder), { epochs: 3 });
    expect(last).to.include({ interrupted: false, stopped: null });
    expect(last.results).to.have.length(3);
  });

  it('in the first epoch of weights that know something: the same', async () => {
    expect(await train(fresh(), { epochs: 2, tuned: true, at: ['step', 2] }))
      .to.include({ interrupted: true, stopped: null, evaluation: null });
    expect((await train(fresh(), { epochs: 0, tuned: true })).evaluation).not.to.equal(null);
  });

  it('between two epochs: interrupted; when all is done: nothing is', async () => {
    expect(await train(fresh(), { epochs: 2, at: ['evaluation', 1] })).to.include({ interrupted: true, stopped: null });
    for (const at of [['evaluation', 2], ['step', 2 * STEPS]] as const) {
      const { interrupted, stopped, results, evaluation } = await train(fresh(), { epochs: 2, at });
      expect({ interrupted, stopped, epochs: results.length }, at[0])
        .to.deep.equal({ interrupted: false, stopped: null, epochs: 2 });
      expect(evaluation).not.to.equal(null);
    }
  });

  it('when it had stopped early by itself: it is over, and stays so', async () => {
    const plan = { epochs: 4, stuck: true };
    const log = fresh();
    const { interrupted, stopped, results } = await train(log, { ...plan, at: ['evaluation', 2] });
    expect({ interrupted, epochs: results.length }).to.deep.equal({ interrupted: false, epochs: 2 });
    expect(stopped).to.match(/^accuracy has not improved on /);
    const again = await train(RunLog.open(log.folder), plan);
    expect(again).to.include({ interrupted: false, stopped });
    expect(again.evaluation).not.to.equal(null);
  });
});
