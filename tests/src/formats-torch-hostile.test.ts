/** Small files that ask for much: memory, time, or a message without end. */
import { decodeWeights, parseTorch } from '@vitrine/tensor';
import { expect } from 'chai';
import { legacyFile } from './support/torch-files.js';
import type { Opcodes } from './support/torch-files.js';

const le32 = (n: number): string => String.fromCharCode(n & 255, (n >> 8) & 255, (n >> 16) & 255, n >> 24);
const text = (value: string): string => `X${le32(value.length)}${value}`;
const int = (n: number): string => `J${le32(n)}`;
const global = (module: string, name: string): string => `c${module}\n${name}\n`;
const PROTO = '\x80\x02';
/** BINPUT and BINGET. */
const put = (key: number): string => `q${String.fromCharCode(key)}`;
const get = (key: number): string => `h${String.fromCharCode(key)}`;

const ELEMENTS = 2 ** 20;
const STORAGE = `(${text('storage')}${global('torch', 'BFloat16Storage')}${text('0')}${text('cpu')}${int(ELEMENTS)}NtQ`;
const TENSOR = `${global('torch._utils', '_rebuild_tensor_v2')}(${get(0)}${int(0)}(${int(ELEMENTS)}t(${int(1)}t\x89NtR`;

/** A legacy file of a storage of 2^20 bfloat16 numbers, and of this dict, which finds it as value 0. */
const overStorage = (items: string): Uint8Array =>
  legacyFile(`${PROTO}${STORAGE}${put(0)}0}(${items}u.`, `${PROTO}](${text('0')}e.`, le32(ELEMENTS), le32(0),
    '\0'.repeat(2 * ELEMENTS));

/** Value 39: a list of two lists of two lists … each pair the same one, so that it takes 40 steps to write. */
const DOUBLING = `]${put(0)}${Array.from({ length: 39 }, (_, i) => `0](${get(i)}${get(i)}e${put(i + 1)}`).join('')}`;
const DEEP = `${']'.repeat(100_000)}${'a'.repeat(99_999)}`;

describe('torch files: small ones that ask for much', () => {
  it('many tensors of one storage: each is converted, all are counted', () => {
    const file = overStorage(Array.from({ length: 70 }, (_, i) => `${text(`t${i}`)}${TENSOR}`).join(''));
    expect(() => decodeWeights(file, 'many.pth')).to.throw(
      Error, /^parseTorch: many\.pth: its tensors repeat more than 67108864 elements \(by stride 0, or many of one/,
    );
  });

  it('one tensor under many names is converted once', () => {
    const names = Array.from({ length: 200 }, (_, i) => `t${i}`);
    const again = names.slice(1).map((name) => `${text(name)}${get(1)}`).join('');
    const { tensors } = decodeWeights(overStorage(`${text('t0')}${TENSOR}${put(1)}${again}`), 'one.pth');
    expect([...tensors.keys()]).to.deep.equal(names);
    expect(new Set(Array.from(tensors.values(), ({ data }) => data.buffer)).size).to.equal(1);
  });

  const cases: readonly (readonly [what: string, opcodes: Opcodes, message: string])[] = [
    ['a list of pairs that many OrderedDicts are made of',
      [PROTO, global('collections', 'OrderedDict'), put(0), '](', 'K\x01K\x02\x86'.repeat(1000), 'e', put(1),
        `${get(0)}${get(1)}\x85R0`.repeat(100), '.'],
      'its OrderedDicts have more pairs in all than the file has bytes'],
    ['a million dicts', [PROTO, '}0'.repeat(1_000_001), '.'], 'makes or remembers more than 1000000 values'],
    ['a million lists', [PROTO, '(l0'.repeat(1_000_001), '.'], 'makes or remembers more than 1000000 values'],
    ['a million tuples', [PROTO, 'N\x850'.repeat(1_000_001), '.'], 'makes or remembers more than 1000000 values'],
    ['a million results',
      [PROTO, global('collections', 'OrderedDict'), put(0), ')', put(1), `${get(0)}${get(1)}R0`.repeat(1_000_001), '.'],
      'makes or remembers more than 1000000 values'],
    ['a million values remembered', [PROTO, 'N', '\x94'.repeat(1_000_001), '.'],
      'makes or remembers more than 1000000 values'],
    ['a module that is a list without end', [PROTO, DOUBLING, text('system'), '\x93.'],
      'asks for a global by a list and system, which are not both strings'],
    ['a name that is a list without end', [PROTO, text('os'), DOUBLING, '\x93.'],
      'asks for a global by os and a list, which are not both strings'],
    ['a name of a megabyte', [PROTO, text('os'), text('x'.repeat(1_000_000)), '\x93.'],
      `asks for os.${'x'.repeat(76)}…`],
    ['a storage called by a list',
      [PROTO, '(', text('storage'), global('torch', 'FloatStorage'), DOUBLING, text('cpu'), int(1), 'NtQ.'],
      'a storage is called by a list; expected a string or a number'],
    ['a storage called by a megabyte',
      [PROTO, '(', text('storage'), global('torch', 'FloatStorage'), text('x'.repeat(1_000_000)), text('cpu'), int(1),
        `(${text('x')}ttQ.`],
      `storage '${'x'.repeat(79)}…' is a view of another`],
    ['a device of lists', [PROTO, global('torch', 'device'), DOUBLING, '\x85R.'],
      'a device is made of a short name and a number'],
    ['a device of a long name', [PROTO, global('torch', 'device'), text('x'.repeat(33)), '\x85R.'],
      'a device is made of a short name and a number'],
    ['a key of lists a hundred thousand deep', [PROTO, '}', DEEP, 'Ns.', PROTO, '].'],
      'stateDictOf: bad.pth: no tensors by name; it holds a list'],
    ['a value of lists a hundred thousand deep', [PROTO, DEEP, '.', PROTO, '].'],
      'stateDictOf: bad.pth: holds a list; expected a state dict'],
  ];
  for (const [what, opcodes, message] of cases) {
    it(`refuses ${what}`, () => {
      let said = 'nothing was thrown';
      try {
        decodeWeights(legacyFile(...opcodes), 'bad.pth');
      } catch (error) {
        said = String(error);
      }
      expect(said).to.contain(message).and.to.contain('bad.pth');
      expect(said.length).to.be.below(400);
    });
  }

  it('a device is a name, or a name and a number', () => {
    const device = (args: string): Uint8Array =>
      legacyFile(PROTO, global('torch', 'device'), args, 'R.', PROTO, '].');
    expect(parseTorch(device(`${text('cpu')}\x85`), 'x')).to.equal('cpu');
    expect(parseTorch(device(`${text('cuda')}K\x01\x86`), 'x')).to.equal('cuda:1');
  });
});
