/** binary16, written: every one of its values, and every rounding that may go wrong. */
import { parseSafetensors, serializeSafetensors } from '@vitrine/tensor';
import { expect } from 'chai';
import { toFloat16 } from '../../packages/tensor/dist/formats/float16.js';

/** A file of these 16-bit words, read: by code that is tested elsewhere against PyTorch. */
function decode(words: Uint16Array): Float32Array {
  const header = new TextEncoder().encode(
    `{"x":{"dtype":"F16","shape":[${words.length}],"data_offsets":[0,${2 * words.length}]}}`,
  );
  const bytes = new Uint8Array(8 + header.length + 2 * words.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  bytes.set(new Uint8Array(words.buffer), 8 + header.length);
  const { data } = parseSafetensors(bytes, 'halves').tensors.get('x')!;
  return Float32Array.from(data);
}

const words = Uint16Array.from({ length: 65536 }, (_, i) => i);
const values = decode(words);

describe('float16', () => {
  it('every value is written as it was read', () => {
    toFloat16('test', values).forEach((word, i) => {
      if (Number.isNaN(values[i])) expect(word & 0x7fff).to.equal(0x7e00); // its sign and payload mean nothing
      else if (word !== i) expect.fail(`${i} is written as ${word}`);
    });
  });

  it('between two values the nearer is taken, halfway the even one', () => {
    for (const sign of [1, -1]) {
      const positive = values.subarray(0, 0x7c00);
      const between = Float32Array.from({ length: 3 * (positive.length - 1) }, (_, i) => {
        const [below, above] = [positive[Math.floor(i / 3)], positive[Math.floor(i / 3) + 1]];
        return sign * (below + ((above - below) * [0.25, 0.5, 0.75][i % 3]));
      });
      toFloat16('test', between).forEach((word, i) => {
        const below = Math.floor(i / 3);
        const nearest = [below, below + (below % 2), below + 1][i % 3];
        if (word !== (nearest | (sign < 0 ? 0x8000 : 0))) expect.fail(`${between[i]} is written as ${word}`);
      });
    }
  });

  it('infinities stay, what would become one is refused', () => {
    expect([...toFloat16('test', Float32Array.of(Infinity, -Infinity, 65519.996))])
      .to.deep.equal([0x7c00, 0xfc00, 0x7bff]);
    expect(() => toFloat16('test', Float32Array.of(1, -65520)))
      .to.throw(RangeError, 'test: element 1 is -65520; a binary16 is at most 65504');
  });

  it('a file with F16 holds float32 arrays in half the space, and others as they are', () => {
    const bytes = serializeSafetensors([
      ['a', { dtype: 'F32', shape: [2], data: Float32Array.of(0.1, 2) }],
      ['n', { dtype: 'I64', shape: [], data: Float64Array.of(3) }],
      ['d', { dtype: 'F64', shape: [1], data: Float64Array.of(0.1) }],
    ], undefined, { float32As: 'F16' });
    const { tensors } = parseSafetensors(bytes, 'bytes');
    expect([...tensors.get('a')!.data]).to.deep.equal([0.0999755859375, 2]);
    expect(tensors.get('n')).to.deep.include({ dtype: 'I64' });
    expect(tensors.get('d')!.data[0]).to.equal(0.1);
  });
});
