import { expect } from 'chai';
import { parseNpy, serializeNpy } from '../../packages/tensor/dist/formats/npy.js';
import { elementBytes, type RawArray } from '../../packages/tensor/dist/formats/raw-array.js';
import { bytesOf, concat, everyType, expectRefusal, expectSame, shifted, utf8 } from './formats-samples.js';

/** An NPY file with this header, as it is, and this data. */
function npy(header: string, data: ArrayLike<number> = [], [major, minor] = [1, 0]): Uint8Array {
  const text = utf8(header);
  const length = major === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  const start = Uint8Array.of(0x93, ...utf8('NUMPY'), major, minor, ...length);
  return concat(start, text, Uint8Array.from(data));
}

const dict = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

/** The bytes of a typed array with each element reversed: big-endian. */
const reversed = (array: ArrayBufferView & { readonly BYTES_PER_ELEMENT: number; readonly length: number }) => {
  const bytes = [...bytesOf(array)];
  const width = array.BYTES_PER_ELEMENT;
  return Array.from({ length: array.length }, (_, i) => bytes.slice(i * width, (i + 1) * width).reverse()).flat();
};

describe('formats: npy', () => {
  // numpy.lib.format.write_array(file, array, version) of NumPy 2.4, in base64:
  //   (arange(6).reshape(2, 3) - 2.5).astype('>f8', order='F')                  version 1.0
  //   (arange(12).reshape(2, 3, 2) - 6).astype('>i2', order='F')                1.0
  //   array([1, -2, 65504, 6e-8, inf, 0.1], '<f2')                              2.0
  //   array([[True], [False]])                                                  3.0
  //   array(-5, '<i8')                                                          1.0
  const spaces = (n: number) => 'ICAg'.repeat(n);
  const byNumPy: readonly (readonly [what: string, base64: string, want: RawArray])[] = [
    ['big-endian doubles in Fortran order',
      'k05VTVBZAQB2AHsnZGVzY3InOiAnPmY4JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0g' +
      spaces(19) + 'IArABAAAAAAAAD/gAAAAAAAAv/gAAAAAAAA/+AAAAAAAAL/gAAAAAAAAQAQAAAAAAAA=',
      { dtype: 'F64', shape: [2, 3], data: Float64Array.of(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5) }],
    ['three axes in Fortran order',
      'k05VTVBZAQB2AHsnZGVzY3InOiAnPmkyJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMywgMiksIH0g' +
      spaces(18) + 'IAr/+gAA//wAAv/+AAT/+wAB//0AA///AAU=',
      { dtype: 'I16', shape: [2, 3, 2], data: Int16Array.of(-6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5) }],
    ['halves',
      'k05VTVBZAgB0AAAAeydkZXNjcic6ICc8ZjInLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoNiwpLCB9' +
      spaces(19) + 'IAoAPADA/3sBAAB8Zi4=',
      { dtype: 'F32', shape: [6], data: Float32Array.of(1, -2, 65504, 2 ** -24, Infinity, 0x666 / 2 ** 14) }],
    ['booleans',
      'k05VTVBZAwB0AAAAeydkZXNjcic6ICd8YjEnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwgMSksIH0g' +
      spaces(18) + 'IAoBAA==', { dtype: 'BOOL', shape: [2, 1], data: Uint8Array.of(1, 0) }],
    ['a scalar',
      'k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0g' +
      spaces(20) + 'IAr7/////////w==', { dtype: 'I64', shape: [], data: Float64Array.of(-5) }],
  ];
  for (const [what, base64, want] of byNumPy) {
    it(`reads what NumPy wrote: ${what}`, () => {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      for (let by = 0; by < 8; by++) expectSame(parseNpy(shifted(bytes, by), 'x.npy'), want);
    });
  }

  it('writes the bytes NumPy would read', () => {
    const bytes = serializeNpy({ dtype: 'F32', shape: [3], data: Float32Array.of(1, 2, 3) });
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }`.padEnd(117);
    expect([...bytes]).to.deep.equal([...npy(`${header}\n`, bytesOf(Float32Array.of(1, 2, 3)))]);
    expect(bytes.length).to.equal(128 + 12);
  });

  for (const [name, array] of everyType) {
    it(`${name} comes back bit for bit`, () => {
      const bytes = serializeNpy(array);
      expect((bytes.length - array.data.length * elementBytes[array.dtype]) % 64).to.equal(0);
      expectSame(parseNpy(bytes, 'x.npy'), array);
    });
  }

  const bigEndian: readonly (readonly [descr: string, data: number[], want: RawArray])[] = [
    ['>f2', [0x3c, 0x00], { dtype: 'F32', shape: [1], data: Float32Array.of(1) }],
    ['>f4', reversed(Float32Array.of(1.25, -3)), { dtype: 'F32', shape: [2], data: Float32Array.of(1.25, -3) }],
    ['>u2', reversed(Uint16Array.of(1, 515)), { dtype: 'U16', shape: [2], data: Uint16Array.of(1, 515) }],
    ['>i4', reversed(Int32Array.of(-2, 9)), { dtype: 'I32', shape: [2], data: Int32Array.of(-2, 9) }],
    ['>u4', reversed(Uint32Array.of(2 ** 31)), { dtype: 'U32', shape: [1], data: Uint32Array.of(2 ** 31) }],
    ['>i8', reversed(BigInt64Array.of(-3n)), { dtype: 'I64', shape: [1], data: Float64Array.of(-3) }],
    ['>u8', reversed(BigUint64Array.of(2n ** 40n)), { dtype: 'U64', shape: [1], data: Float64Array.of(2 ** 40) }],
    ['|i1', [255], { dtype: 'I8', shape: [1], data: Int8Array.of(-1) }],
    ['>u1', [255], { dtype: 'U8', shape: [1], data: Uint8Array.of(255) }],
  ];
  for (const [descr, data, want] of bigEndian) {
    it(`reads ${descr}`, () => {
      expectSame(parseNpy(npy(dict(descr, `(${want.shape[0]},)`), data), 'x.npy'), want);
    });
  }

  const headers: readonly (readonly [what: string, text: string])[] = [
    ['double quotes', '{"descr": "|u1", "fortran_order": False, "shape": (2, 1)}'],
    ['another order of the fields, no spaces', `{'shape':(2,1,),'fortran_order':True,'descr':'|u1'}`],
    ['the long integers of Python 2', `{'descr': '|u1', 'fortran_order': False, 'shape': (2L, 1L), }`],
  ];
  for (const [what, text] of headers) {
    it(`reads a header with ${what}`, () =>
      expectSame(parseNpy(npy(text, [5, 6]), 'x.npy'), { dtype: 'U8', shape: [2, 1], data: Uint8Array.of(5, 6) }));
  }

  const good = dict('|u1', '(2,)');
  const malicious: readonly (readonly [what: string, bytes: Uint8Array, message: string])[] = [
    ['an empty file', new Uint8Array(0), '0 bytes; an NPY file has more'],
    ['a file of 11 bytes', npy(good, [1, 2], [2, 0]).subarray(0, 11), '11 bytes; an NPY file has more'],
    ['another format', utf8('\x7fELF and more bytes'), 'begins with bytes 7f 45 4c 46 20 61; expected 93 4e 55'],
    ['version 0.1', npy(good, [1, 2], [0, 1]), 'format version 0.1; expected 1.0, 2.0 or 3.0'],
    ['version 4.0', npy(good, [1, 2], [4, 0]), 'format version 4.0; expected'],
    ['version 1.9', npy(good, [1, 2], [1, 9]), 'format version 1.9; expected'],
    ['a truncated header', npy(good).subarray(0, 40), 'the file at 40: it is cut short'],
    ['a header of 4 GiB', concat(npy('', [], [2, 0]).subarray(0, 8), Uint8Array.of(255, 255, 255, 255), utf8(good)),
      'header of 4294967295 bytes; a plain array\'s has at most 10000'],
    ['a header beyond the limit', npy(good.padEnd(10_001), [1, 2]),
      'header of 10001 bytes; a plain array\'s has at most 10000'],
    ['an empty header', npy('  '), 'header: expected "{"; found ""'],
    ['code', npy(`__import__('os').system('true')`), 'header: expected "{"; found "__import__(\'os\')'],
    ['code as a value', npy(`{'descr': '|u1', 'fortran_order': not 1, 'shape': (2,)}`),
      'expected True or False for fortran_order'],
    ['arithmetic in a shape', npy(dict('|u1', '(1+1,)'), [1, 2]), 'expected ")"; found "+1,), }"'],
    ['a dict with no end', npy(`{'descr': '|u1', `), 'expected a key; found ""'],
    ['a value with no comma', npy(`{'descr': '|u1' 'shape': (2,)}`), 'expected "}"; found "\'shape\''],
    ['a string with an escape', npy(dict('\\x3cu1', '(2,)'), [1, 2]),
      'expected a plain number type such as "<f4" for descr'],
    ['other bytes in the header', npy(dict('|u1', '(２,)'), [1, 2]), 'expected a whole number >= 0 in shape'],
    ['words after the dict', npy(`${good.trim()} x`, [1, 2]), 'expected only spaces after the dict; found "x"'],
    ['no shape', npy(`{'descr': '|u1', 'fortran_order': False}`),
      'expected the fields descr, fortran_order and shape; found'],
    ['an empty dict', npy('{}'), 'expected the fields descr, fortran_order and shape; found "{}"'],
    ['a field twice', npy(`{'descr': '|u1', 'descr': '|u1'}`), 'field "descr" is there twice'],
    ['an unknown field', npy(`{'__proto__': '|u1'}`),
      'expected the fields descr, fortran_order and shape only; found "__proto__"'],
    ['a shape that is no tuple', npy(dict('|u1', '(2)'), [1, 2]), 'expected a tuple (2,) for shape; found "(2)'],
    ['a shape that is a list', npy(dict('|u1', '[2]'), [1, 2]), 'expected "("; found "[2]'],
    ['a negative axis', npy(dict('|u1', '(-2,)'), [1, 2]), 'expected a whole number >= 0 in shape; found "-2,'],
    ['half an axis', npy(dict('|u1', '(0.5, 4)'), [1, 2]), 'expected ")"; found ".5, 4)'],
    ['an infinite axis', npy(dict('|u1', `(${'9'.repeat(400)},)`), [1, 2]),
      'axis lengths are whole numbers >= 0; got Infinity'],
    ['a product that overflows', npy(dict('|u1', '(4294967297, 4294967296)'), [1, 2]), 'has more than 2^53 elements'],
    ['bytes that overflow', npy(dict('<f8', '(4503599627370496,)')), 'takes over 2^53 bytes'],
    ['a hundred axes', npy(dict('|u1', `(${'1,'.repeat(100)})`), [1]), 'shape has 100 axes; at most 64'],
    ['a huge shape over little data', npy(dict('|u1', '(1000000, 1000000)', 'True'), [1, 2]),
      'found 2: it is cut short'],
    ['truncated data', npy(dict('<f4', '(2,)'), [0, 0, 0, 0, 0, 0, 0]),
      '"<f4" of shape (2,) takes 8 bytes; found 7: it is cut short'],
    ['two arrays', npy(good, [1, 2, 3]), 'takes 2 bytes; found 3: something follows the array'],
    ['pickled objects', npy(dict('|O', '(2,)'), [1, 2]), 'descr is "|O"; expected "<" or ">"'],
    ['text', npy(dict('<U1', '(2,)'), [1, 2]), 'descr is "<U1"; expected'],
    ['complex numbers', npy(dict('<c8', '()'), [0, 0, 0, 0, 0, 0, 0, 0]), 'descr is "<c8"; expected'],
    ['records', npy(`{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}`),
      'for descr (no records); found "[('],
    ['wide elements with no order', npy(dict('|f4', '()'), [0, 0, 0, 0]), 'descr is "|f4"; expected'],
    ['an empty descr', npy(dict('', '()')), 'descr is ""; expected'],
    ['an i8 beyond 2^53', npy(dict('<i8', '()'), [0, 0, 0, 0, 0, 0, 0, 128]),
      'element 0 is -9223372036854775808; only whole'],
    ['a boolean of 7', npy(dict('|b1', '()'), [7]), 'element 0 is 7; a BOOL is 0 or 1'],
  ];
  for (const [what, bytes, message] of malicious) {
    it(`refuses ${what}`, () => expectRefusal(() => parseNpy(bytes, 'bad.npy'), 'parseNpy: bad.npy: ', message));
  }

  it('refuses every prefix of a good file', () => {
    const file = serializeNpy({ dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) });
    for (let length = 0; length < file.length; length++) {
      expectRefusal(() => parseNpy(file.subarray(0, length), 'cut'), 'parseNpy: cut: ', '');
    }
  });
});
