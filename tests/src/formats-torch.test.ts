/** Files that PyTorch wrote, read without it; and files that nobody should have written. */
import { readdirSync } from 'node:fs';
import {
  TorchTensor, decodeWeights, loadWeights, parseSafetensors, parseTorch, serializeSafetensors,
} from '@vitrine/tensor';
import type { RawArray, WeightsFile } from '@vitrine/tensor';
import { expect } from 'chai';
import { rejection } from './data-samples.js';
import { bytesOf, folder, legacyFile } from './support/torch-files.js';

const expected = parseSafetensors(bytesOf('expected.safetensors'), 'expected.safetensors').tensors;

/** What the fixture says is in `name`, in float64. */
const under = (name: string): Map<string, RawArray> =>
  new Map([...expected].flatMap(([key, array]) =>
    (key.startsWith(`${name}/`) ? [[key.slice(name.length + 1), array] as const] : [])));

function expectSame({ tensors }: WeightsFile, want: ReadonlyMap<string, RawArray>): void {
  expect([...tensors.keys()]).to.have.members([...want.keys()]);
  for (const [key, { shape, data }] of want) {
    expect(tensors.get(key)!.shape, key).to.deep.equal(shape);
    expect(Array.from(tensors.get(key)!.data), key).to.deep.equal(Array.from(data));
  }
}

const KINDS = ['zip', 'legacy'] as const;

for (const kind of KINDS) {
  describe(`torch files, ${kind}`, () => {
    const read = (name: string, ema = false): WeightsFile =>
      decodeWeights(bytesOf(`${name}-${kind}.pth`), `${name}.pth`, { ema });

    for (const name of ['plain', 'dict', 'parameters', 'protocol4', 'views', 'kinds']) {
      it(`${name}: every tensor, to the last bit`, () => {
        const file = read(name);
        expect(file.format).to.equal(`torch ${kind}`);
        expect(file.notes).to.deep.equal([]);
        expectSame(file, under(name));
      });
    }

    it('element types are kept where JavaScript has them, 16-bit floats become F32', () => {
      const types = Object.fromEntries(Array.from(read('kinds').tensors, ([key, { dtype }]) => [key, dtype]));
      expect(types).to.deep.equal({
        float64: 'F64', float16: 'F32', bfloat16: 'F32', int64: 'I64', int32: 'I32', int16: 'I16', int8: 'I8',
        uint8: 'U8', bool: 'BOOL',
      });
    });

    it('a checkpoint: the weights, and a word on the average and the rest', () => {
      const file = read('checkpoint');
      expectSame(file, under('checkpoint'));
      expect(file.notes).to.deep.equal([
        "weights from its entry 'state_dict'",
        "there is a moving average, too ('state_dict_ema'): option ema takes it",
      ]);
      expectSame(read('checkpoint', true), under('average'));
    });

    it('the prefix of DataParallel is taken off', () => {
      const file = read('model');
      expectSame(file, under('model'));
      expect(file.notes).to.deep.equal(["weights from its entry 'model'", "prefix 'module.' taken off every name"]);
    });

    it('all else in a checkpoint is there, too', () => {
      const top = parseTorch(bytesOf(`checkpoint-${kind}.pth`), 'checkpoint.pth');
      if (!(top instanceof Map)) throw new Error('no dict');
      expect([...top.keys()]).to.deep.equal([
        'epoch', 'arch', 'best', 'done', 'none', 'list', 'state_dict', 'state_dict_ema', 'optimizer',
      ]);
      expect([top.get('epoch'), top.get('arch'), top.get('best'), top.get('done'), top.get('none')])
        .to.deep.equal([3, 'b0', 0.5, true, null]);
    });

    it('cut short anywhere, it is an error that names the file', () => {
      const whole = bytesOf(`plain-${kind}.pth`);
      for (let length = 0; length < whole.length; length++) {
        expect(() => decodeWeights(whole.slice(0, length), 'cut.pth'), `${length} bytes`)
          .to.throw(Error, /^\w+: cut\.pth/);
      }
    });

    it('damaged anywhere, it is read or refused by name', () => {
      let refused = 0;
      for (const name of ['plain', 'checkpoint', 'views']) {
        const whole = bytesOf(`${name}-${kind}.pth`);
        for (let trial = 0; trial < 700; trial++) {
          const damaged = whole.slice();
          for (let i = 0; i <= trial % 3; i++) {
            damaged[(trial * 7919 + i * 104_729) % whole.length] = (trial * 31 + i * 57) & 255;
          }
          try {
            decodeWeights(damaged, 'damaged.pth');
          } catch (error) {
            refused++;
            expect(error).to.be.instanceOf(Error).with.property('message').that.matches(/^\w+: damaged\.pth/);
          }
        }
      }
      expect(refused).to.be.greaterThan(100);
    });
  });
}

describe('torch files', () => {
  for (const [file, message] of [
    ['hostile.pth', new RegExp('^parseTorch: hostile\\.pth: pickle at byte \\d+: ' +
      'asks for (posix|nt|os)\\.system, which is neither a tensor nor a container; refused')],
    ['hostile-legacy.pth', /asks for (posix|nt|os)\.system, which is neither a tensor nor a container; refused/],
    ['stranger.pth', /asks for torch_files\.Stranger, which is neither/],
    ['tensor.pth', /^stateDictOf: tensor\.pth: holds one tensor, not a dict of named ones/],
    ['nothing.pth', /^stateDictOf: nothing\.pth: no tensors by name; it holds epoch/],
  ] as const) {
    it(`${file} is refused`, () => expect(() => decodeWeights(bytesOf(file), file)).to.throw(Error, message));
  }

  it('every fixture is read by a test', () => {
    const read = ['plain', 'dict', 'parameters', 'protocol4', 'views', 'kinds', 'checkpoint', 'model']
      .flatMap((name) => KINDS.map((kind) => `${name}-${kind}.pth`));
    expect(readdirSync(folder)).to.have.members([
      ...read, 'hostile.pth', 'hostile-legacy.pth', 'stranger.pth', 'tensor.pth', 'nothing.pth',
      'expected.safetensors',
    ]);
  });

  it('one tensor alone is a tensor', () => {
    const value = parseTorch(bytesOf('tensor.pth'), 'tensor.pth');
    expect(value).to.be.instanceOf(TorchTensor);
    expect((value as TorchTensor).toArray()).to.deep.include({ dtype: 'F32', shape: [2] });
  });

  it('safetensors are recognised by content, and lose their prefix as well', () => {
    const bytes = serializeSafetensors([['module.a', { dtype: 'F32', shape: [1], data: Float32Array.of(2) }]]);
    const file = decodeWeights(bytes, 'weights.pth');
    expect(file.format).to.equal('safetensors');
    expect([...file.tensors.keys()]).to.deep.equal(['a']);
  });

  it('what is neither says how it begins', () => {
    expect(() => decodeWeights(Uint8Array.of(0x89, 0x50), 'cat.png')).to.throw('decodeWeights: cat.png: ' +
      'neither safetensors nor a file of torch.save (.pth, .pt); it begins with 89 50');
    expect(() => decodeWeights(new Uint8Array(0), 'empty')).to.throw('it begins with nothing');
  });

  it('a missing file is an error with its path', async () => {
    expect(await rejection(loadWeights('/nowhere/b0.pth'))).to.match(/readFile: \/nowhere\/b0\.pth: no such file/);
  });

  for (const [what, opcodes, message] of [
    ['a list that is none', [0x80, 2, 0x4e, 0x4e, 0x61, 0x2e], 'appends to what is no list'],
    ['a string longer than the file', [0x80, 2, 0x58, 0xff, 0xff, 0xff, 0x7f], 'asks for 2147483647 bytes'],
    ['a sequence without a beginning', [0x80, 2, 0x65], 'ends a sequence that was not begun'],
    ['an empty stack', [0x80, 2, 0x2e], 'takes a value that is not there'],
    ['a number of a megabyte', [0x80, 2, 0x8b, 0, 0, 16, 0],
      'a whole number of 1048576 bytes is larger than any that is read'],
    ['an unknown opcode', [0x80, 2, 0xfe], 'opcode 0xfe is none that files of tensors use'],
    ['a value never remembered', [0x80, 2, 0x68, 9], 'recalls value 9, which was never remembered'],
    ['eval', [0x80, 2, 'cbuiltins\neval\n'], 'asks for builtins.eval'],
    ['a constructor of JavaScript', [0x80, 2, 'c__proto__\nconstructor\n'], 'asks for __proto__.constructor'],
    ['a storage that is none', [0x80, 2, 0x4e, 0x51], 'a persistent id is not that of a storage'],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => decodeWeights(legacyFile(...opcodes), 'bad.pth')).to.throw(Error, message);
    });
  }

  it('a name like __proto__ is a name', () => {
    const pickle = [0x80, 2, 0x7d, 0x58, 9, 0, 0, 0, '__proto__', 0x4b, 1, 0x73, 0x2e, 0x80, 2, 0x5d, 0x2e] as const;
    const value = parseTorch(legacyFile(...pickle), 'proto.pth');
    expect(value).to.deep.equal(new Map([['__proto__', 1]]));
    expect(Object.getPrototypeOf({})).to.equal(Object.prototype);
  });
});
