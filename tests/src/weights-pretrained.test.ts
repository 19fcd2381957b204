/**
 * Published layouts, loaded: logits and blocks against the implementations they come from; and all that may be asked or
 * be wrong.
 */
import { EfficientNet } from '@vitrine/efficientnet';
import type { PretrainedOptions } from '@vitrine/efficientnet';
import { decodeTensors, fromArray, meta, scope, serializeSafetensors } from '@vitrine/tensor';
import type { RawArray, Tensor } from '@vitrine/tensor';
import { expect } from 'chai';
import { backends, describeOnBackends } from './support/backends.js';
import { expectClose } from './support/close.js';
import { fillModel, image, positions } from './support/fill.js';
import { ledger } from './support/ledger.js';
import { expectSameBits, fileName, fileOf, pretrainedFixtures, release, renameTo } from './support/pretrained.js';

/** Of the largest logit. float32 in PyTorch strays from float64 by up to 6e-6 here. */
const TOLERANCE = 1e-4;

const images = (size: number): Tensor => {
  const both = new Float32Array(2 * 3 * size * size);
  [0, 1].forEach((seed) => both.set(image(seed, size), seed * 3 * size * size));
  return fromArray(both, [2, size, size, 3]);
};

const shapesOf = (variant: string): EfficientNet => meta(() => EfficientNet.fromName(variant));

/** Made when first asked for, not while the tests are collected. */
function lazily<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= make());
}

const b0 = lazily(() => shapesOf('b0'));
const b0Arrays = lazily(() => fillModel(b0()));
/** A file of b0 in torchvision's layout. */
const b0File = (arrays: ReadonlyMap<string, RawArray> = b0Arrays()): Uint8Array => fileOf('torchvision', b0(), arrays);

async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('expected an error');
}

const quiet: PretrainedOptions = { warn: (message) => { throw new Error(`unexpected warning: ${message}`); } };

describeOnBackends('pretrained weights', (face) => {
  const { cases, get } = pretrainedFixtures();
  /** Reference kernels and threads are held to the same numbers elsewhere; here, B0 is enough for them. */
  const mine = face === 'simd' || backends.every(({ name }) => name !== 'simd')
    ? cases
    : cases.filter(({ variant }) => variant === 'b0');

  for (const variant of new Set(mine.map((row) => row.variant))) {
    describe(variant, () => {
      let shapes: EfficientNet;
      let arrays: ReadonlyMap<string, RawArray>;
      before(() => {
        shapes = shapesOf(variant);
        arrays = fillModel(shapes);
      });
      after(() => (arrays = new Map()));
      for (const row of mine.filter((other) => other.variant === variant)) {
        for (const layout of row.layouts) {
          it(`${layout}, ${row.convention}: logits`, async () => {
            const model = await EfficientNet.fromPretrained(
              variant, fileOf(layout, shapes, arrays), { ...quiet, fileName: fileName(layout, row) },
            );
            expect(model.training).to.equal(false);
            expect(model.pretrained).to.include({
              layout, variant: `efficientnet-${variant}`, conventions: row.convention, numClasses: 1000,
            });
            const logits = scope(() => model.call(images(row.size)).value.toFloat32Array());
            const error = expectClose({ shape: [2, 1000], data: logits }, get(row.logits), TOLERANCE, row.logits);
            ledger.note(
              'pretrained', `${variant}: ${layout}${layout === 'timm' ? `, ${row.convention}` : ''}`,
              row.logits, face, 'forward', error,
            );
            expect(() => expectClose(
              { shape: [1000], data: logits.subarray(0, 1000) },
              { shape: [1000], data: logits.subarray(1000) },
              0.02, 'images',
            )).to.throw();
            release(model);
          });
        }
      }
    });
  }

  for (const [convention, layout] of [['pytorch', 'torchvision'], ['tensorflow', 'timm']] as const) {
    it(`B0, ${convention}: the output of every block`, async () => {
      const model = await EfficientNet.fromPretrained('b0', fileOf(layout, b0(), b0Arrays()), {
        fileName: fileName(layout, { variant: 'b0', convention }),
      });
      const outputs = new Map<string, Tensor>();
      model.blocks[0].onForward((_module, input) => outputs.set('stem', input.value));
      for (const [i, block] of model.blocks.entries()) {
        block.onForward((_module, _input, output) => outputs.set(`blocks.${i}`, output.value));
      }
      outputs.set('head', model.extractFeatures(fromArray(image(0, 64), [1, 64, 64, 3])).value);
      const want = get(`blocks ${convention}`);
      ['stem', ...model.blocks.map((_, i) => `blocks.${i}`), 'head'].forEach((name, row) => {
        const values = outputs.get(name)!.toFloat32Array();
        const sampled = positions(name, values.length).map((i) => values[i]);
        const error = expectClose(
          { shape: [64], data: sampled },
          { shape: [64], data: want.data.subarray(64 * row, 64 * (row + 1)) },
          1e-5, name,
        );
        ledger.note(
          'b0 blocks', `${String(row).padStart(2, '0')} ${describeLayer(model, row)}`,
          convention, face, 'forward', error,
        );
      });
      release(model);
    });
  }
});

function describeLayer({ stem, blocks, head, config }: EfficientNet, row: number): string {
  if (row === 0) return `stem, ${stem.inChannels} → ${stem.outChannels}`;
  if (row > blocks.length) return `head, ${head.inChannels} → ${head.outChannels}`;
  const { project } = blocks[row - 1];
  const stage = config.stages.flatMap((rows) => Array.from({ length: rows.repeats }, () => rows))[row - 1];
  return `MBConv${stage.expandRatio} ${stage.kernel}×${stage.kernel}, → ${project?.outChannels}`;
}

describe('fromPretrained', () => {
  const load = (name: string, bytes: Uint8Array, options: PretrainedOptions = {}): Promise<EfficientNet> =>
    EfficientNet.fromPretrained(name, bytes, { ...quiet, ...options });

  it('auto takes what there is; another name is refused, and the file is named', async () => {
    const model = await load('auto', b0File());
    expect(model.config.name).to.equal('efficientnet-b0');
    expect(model.pretrained).to.deep.equal({
      source: 'the bytes given', format: 'safetensors', layout: 'torchvision', variant: 'efficientnet-b0',
      conventions: 'pytorch', batchNormEps: 1e-5, numClasses: 1000, classes: null, notes: [],
      preprocessing: {
        resize: 256, crop: 224, interpolation: 'bicubic', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225],
      },
    });
    expect(await failure(load('b3', b0File(), { fileName: 'mine.pth' }))).to.equal(
      "fromPretrained: mine.pth holds efficientnet-b0, not efficientnet-b3; ask for 'efficientnet-b0', " +
        "or 'auto' takes what there is");
    expect(await failure(load('b99', b0File()))).to.match(/there is no model 'b99'/);
  });

  it('batch norm has the eps and momentum of the library', async () => {
    const norms = async (
      layout: 'lukemelas' | 'torchvision' | 'timm', variant: string, name?: string, options: PretrainedOptions = {},
    ): Promise<readonly number[]> => {
      const shapes = shapesOf(variant);
      const { headNorm } = await load(
        variant, fileOf(layout, shapes, fillModel(shapes)),
        { ...(name !== undefined && { fileName: name }), ...options },
      );
      return [headNorm.eps, headNorm.momentum];
    };
    expect(await norms('lukemelas', 'b0')).to.deep.equal([1e-3, 0.01]);
    expect(await norms('torchvision', 'b0')).to.deep.equal([1e-5, 0.1]);
    expect(await norms('torchvision', 'b5')).to.deep.equal([1e-3, 0.01]);
    expect(await norms('timm', 'b5', 'tf_efficientnet_b5_ns-6f26d0cf.pth')).to.deep.equal([1e-3, 0.1]);
    expect(await norms('timm', 'b5', 'efficientnet_b5.sw_in12k_ft_in1k/model.safetensors')).to.deep.equal([1e-5, 0.1]);
    // Asked for in the place of what the name says.
    const [tensorflow, pytorch] = [{ conventions: 'tensorflow' }, { conventions: 'pytorch' }] as const;
    expect(await norms('timm', 'b0', 'model.safetensors', tensorflow)).to.deep.equal([1e-3, 0.1]);
    expect(await norms('timm', 'b5', 'tf_efficientnet_b5_ns-6f26d0cf.pth', pytorch)).to.deep.equal([1e-5, 0.1]);
    expect(await norms('torchvision', 'b0', 'b0.pth', tensorflow)).to.deep.equal([1e-3, 0.01]);
  });

  it("timm's weights of unknown lineage bring a warning, which the option silences", async () => {
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    const bytes = fileOf('timm', b0(), b0Arrays());
    expect((await load('b0', bytes, { warn, fileName: 'model.safetensors' })).config)
      .to.include({ convention: 'pytorch', batchNormEps: 1e-5 });
    expect(warnings).to.have.length(1);
    expect(warnings[0])
      .to.match(/^fromPretrained: model\.safetensors: timm's names, .*give conventions: 'tensorflow'$/);
    expect((await load('b0', bytes, { conventions: 'tensorflow' })).stemNorm.eps).to.equal(1e-3);
    const named = fileOf('timm', b0(), b0Arrays(), { architecture: 'tf_efficientnet_b0.ns_jft_in1k' });
    expect((await load('b0', named)).config.convention).to.equal('tensorflow');
  });

  it('another number of classes: only the classifier is new', async () => {
    const model = await load('b0', b0File(), { numClasses: 10 });
    expect(model.classifier.weight.shape).to.deep.equal([1280, 10]);
    expect(model.pretrained?.notes)
      .to.deep.equal(["the classifier has 10 classes, the file's 1000: it is freshly initialised"]);
    const weight = model.classifier.weight.value.toFloat32Array();
    const bound = 1 / Math.sqrt(10);
    expect(Math.max(...weight.map(Math.abs))).to.be.within(0.99 * bound, bound);
    expectSameBits(model.head.weight.value, (await load('b0', b0File())).head.weight.value, 'head');
    expect(model.classifier.weight.requiresGrad).to.equal(true);
  });

  it('another number of channels: a grey image gives what the same image in three channels gives', async () => {
    const grey = fromArray(image(2, 32).subarray(0, 32 * 32), [1, 32, 32, 1]);
    const repeated = (n: number): Tensor => fromArray(
      Float32Array.from({ length: 32 * 32 * n }, (_, i) => grey.toFloat32Array()[Math.floor(i / n)]),
      [1, 32, 32, n],
    );
    const want = (await load('b0', b0File())).call(repeated(3)).value;
    for (const inChannels of [1, 6]) {
      const model = await load('b0', b0File(), { inChannels });
      expectClose(
        model.call(repeated(inChannels)).value,
        { shape: want.shape, data: want.toFloat32Array() },
        1e-5, `${inChannels} channels`,
      );
      expect(model.pretrained?.notes)
        .to.deep.equal([`the stem's weights for 3 channels were adapted to ${inChannels}`]);
    }
    const four = (await load('b0', b0File(), { inChannels: 4 })).stem.weight.value.toFloat32Array();
    const three = (await load('b0', b0File())).stem.weight.value.toFloat32Array();
    expect(four[3 * 32]).to.be.closeTo(three[0] * 0.75, 1e-7); // the fourth channel is the first again
  });

  it('all that is missing, too much or misshapen is named in one error', async () => {
    const arrays = new Map(b0Arrays());
    arrays.delete('blocks.3.depthwiseNorm.bias');
    arrays.set('blocks.0.depthwise.weight', { dtype: 'F32', shape: [32, 1, 5, 5], data: new Float32Array(800) });
    const bytes = serializeSafetensors([
      ...renameTo('torchvision', b0(), arrays),
      ['auxiliary', { dtype: 'F32', shape: [], data: new Float32Array(1) }],
    ]);
    expect(await failure(load('b0', bytes, { fileName: 'odd.pth' }))).to.equal([
      "fromPretrained: odd.pth is taken for efficientnet-b0 with torchvision's names, but does not fit",
      '  missing: features.3.0.block.1.1.bias',
      '  unexpected: auxiliary',
      '  misshapen: features.1.0.block.0.0.weight is [32,1,5,5], not [32,1,3,3]',
    ].join('\n'));
  });

  it('files of other networks are refused: by names, by sizes', async () => {
    const one = (...keys: string[]): Uint8Array => serializeSafetensors(keys.map((key) =>
      [key, { dtype: 'F32', shape: [64, 3, 7, 7], data: new Float32Array(64 * 147) }]));
    expect(await failure(load('auto', one('conv1.weight', 'layer1.0.conv1.weight'), { fileName: 'resnet.pth' })))
      .to.equal('fromPretrained: resnet.pth is no EfficientNet by the names of ' +
        'vitrine, lukemelas, torchvision, timm; it holds conv1.weight, layer1.0.conv1.weight');
    expect(await failure(load('auto', one('features.0.0.weight'), { fileName: 'mobilenet.pth' })))
      .to.match(new RegExp('mobilenet\\.pth has the names of torchvision, but the sizes of no network that is known: ' +
        'a stem of 64 channels and 0 blocks; known are efficientnet-b0, .*efficientnet-v2-l$'));
  });

  it('sha256 is checked, of bytes as well', async () => {
    expect(await failure(load('b0', b0File(), { sha256: '00000000' }))).to.match(new RegExp(
      '^fromPretrained: the bytes given: SHA-256 is [0-9a-f]{64}, expected 00000000…; ' +
        'the file is damaged or another one$'));
  });

  it("half precision, and PyTorch's double, become float32", async () => {
    const doubles = new Map(Array.from(b0Arrays(), ([name, { shape, data }]) =>
      [name, { dtype: 'F64', shape, data: Float64Array.from(data) }] as const));
    const model = await load('b0', b0File(doubles));
    expect(model.stem.weight.value.dtype).to.equal('float32');
    expectSameBits(model.head.weight.value, (await load('b0', b0File())).head.weight.value, 'head');
    const halves = serializeSafetensors(renameTo('torchvision', b0(), b0Arrays()), undefined, { float32As: 'F16' });
    const [got, want] = [await load('b0', halves), await load('b0', b0File())].map((net) => net.head.weight.value);
    expectClose(got, { shape: want.shape, data: want.toFloat32Array() }, 2 ** -11, 'half precision');
  });

  it("this library's checkpoints bring their configuration, classes, and colours", async () => {
    const trained = EfficientNet.fromName('tiny-28', { numClasses: 4, conventions: 'pytorch', batchNormMomentum: 0.2 });
    const state = Array.from(trained.stateDict(), ([name, tensor]) =>
      [name, { dtype: 'F32', shape: tensor.shape, data: tensor.toFloat32Array() }] as const);
    const metadata = new Map([
      ['model', JSON.stringify(trained.config)], ['classes', '["a","b","c","d"]'],
      ['training', '{"epoch":3,"mean":0.286,"std":0.353}'],
    ]);
    const model = await load('tiny-28', serializeSafetensors(state, metadata));
    expect(model.config).to.deep.equal(trained.config);
    expect(model.pretrained?.classes).to.deep.equal(['a', 'b', 'c', 'd']);
    expect(model.pretrained?.preprocessing)
      .to.deep.equal({ resize: 28, crop: 28, interpolation: 'bilinear', mean: [0.286], std: [0.353] });
    for (const [name, tensor] of model.stateDict()) expectSameBits(tensor, trained.stateDict().get(name)!, name);

    const warnings: string[] = [];
    const bare = await load('auto', serializeSafetensors(state), { warn: (message) => void warnings.push(message) });
    expect(bare.config)
      .to.include({ name: 'tiny-28', numClasses: 4, inChannels: 1, stemStride: 1, convention: 'tensorflow' });
    expect(warnings.join()).to.match(/padding and eps are taken as TensorFlow's/);

    for (const broken of [
      '{', '[]', '{"name":"x"}', JSON.stringify({ ...trained.config, stages: [{ block: 'mbconv' }] }),
      JSON.stringify({ ...trained.config, stemChannels: 1e9 }),
    ]) {
      const again = await load('auto', serializeSafetensors(state, new Map([['model', broken]])), { warn: () => {} });
      expect(again.config.name, broken).to.equal('tiny-28');
    }
    expect(decodeTensors(serializeSafetensors(state), 'x').tensors.size).to.equal(state.length);
  });
});
