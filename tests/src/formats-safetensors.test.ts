import { expect } from 'chai';
import { type RawArray } from '../../packages/tensor/dist/formats/raw-array.js';
import { parseSafetensors, serializeSafetensors } from '../../packages/tensor/dist/formats/safetensors.js';
import { bytesOf, concat, everyType, expectRefusal, expectSame, shifted, utf8 } from './formats-samples.js';

/** A safetensors file with this header, as it is, and this many bytes of data: 0, 1, 2, … */
function safetensors(header: string | Uint8Array, dataLength = 0, headerLength?: bigint): Uint8Array {
  const text = typeof header === 'string' ? utf8(header) : header;
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, headerLength ?? BigInt(text.length), true);
  return concat(length, text, Uint8Array.from({ length: dataLength }, (_, i) => i));
}

const row = (dtype: string, shape: string, offsets: string) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;

describe('formats: safetensors', () => {
  it('reads the example of the reference implementation', () => {
    const head = '<\0\0\0\0\0\0\0{"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}';
    const bytes = concat(utf8(head), new Uint8Array(16));
    const { tensors, metadata } = parseSafetensors(bytes, 'example');
    expect([...tensors.keys()]).to.deep.equal(['test']);
    expectSame(tensors.get('test'), { dtype: 'I32', shape: [2, 2], data: new Int32Array(4) });
    expect(metadata.size).to.equal(0);
  });

  it('writes the bytes the format prescribes', () => {
    const bytes = serializeSafetensors([['a', { dtype: 'U8', shape: [2], data: Uint8Array.of(7, 8) }]]);
    const json = '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}'; // 53 bytes, padded to 56
    expect([...bytes]).to.deep.equal([56, 0, 0, 0, 0, 0, 0, 0, ...utf8(`${json}   `), 7, 8]);
  });

  for (let by = 0; by < 8; by++) {
    it(`every type comes back bit for bit, file at address ${by} mod 8`, () => {
      const { tensors } = parseSafetensors(shifted(serializeSafetensors(everyType), by), 'x');
      expect([...tensors.keys()]).to.deep.equal(everyType.map(([name]) => name));
      for (const [name, array] of everyType) expectSame(tensors.get(name), array);
    });
  }

  it('reads F16 and BF16', () => {
    const header = `{"h":${row('F16', '[2]', '[0,4]')},"b":${row('BF16', '[1]', '[4,6]')}}`;
    const bytes = concat(safetensors(header), bytesOf(Uint16Array.of(0x3c00, 0xc000, 0x4049)));
    const { tensors } = parseSafetensors(bytes, 'x');
    expectSame(tensors.get('h'), { dtype: 'F32', shape: [2], data: Float32Array.of(1, -2) });
    expectSame(tensors.get('b'), { dtype: 'F32', shape: [1], data: Float32Array.of(3.140625) });
  });

  it('keeps the order and the names of the header, and treats __proto__ as a name', () => {
    const names = ['b', '10', 'a', '2', '__proto__', 'constructor', '', 'é"\\\n\u{1f600}'];
    const metadata = new Map([['z', '1'], ['3', ''], ['__proto__', 'x'], ['format', 'pt']]);
    const file = serializeSafetensors(
      names.map((name, i) => [name, { dtype: 'U8', shape: [], data: Uint8Array.of(i) }]),
      metadata,
    );
    const read = parseSafetensors(file, 'x');
    const got = Array.from(read.tensors, ([name, { data }]) => [name, data[0]]);
    expect(got).to.deep.equal(names.map((name, i) => [name, i]));
    expect([...read.metadata]).to.deep.equal([...metadata]);
    expect(Object.getPrototypeOf({})).to.equal(Object.prototype);
  });

  it('allows data in another order than the header, spaces around, unknown fields, and a file with no tensors', () => {
    const b = `{"x":[null,true,-1.5e3,{}],${row('U8', '[]', '[0,1]').slice(1)}`;
    const header = `{ "a" : ${row('U8', '[2]', '[1,3]')},\n"b":${b}} `;
    const { tensors } = parseSafetensors(safetensors(header, 3), 'x');
    expect(Array.from(tensors, ([name, { data }]) => [name, ...data])).to.deep.equal([['a', 1, 2], ['b', 0]]);
    expect(parseSafetensors(serializeSafetensors([]), 'x').tensors.size).to.equal(0);
  });

  it('allows an empty tensor anywhere between others, in any order', () => {
    const empty = `"b":${row('U8', '[0,9]', '[2,2]')},"c":${row('F32', '[0]', '[0,0]')}`;
    const header = `{"a":${row('U8', '[2]', '[0,2]')},${empty}}`;
    const { tensors } = parseSafetensors(safetensors(header, 2), 'x');
    expect(Array.from(tensors, ([name, { data }]) => [name, ...data])).to.deep.equal([['a', 0, 1], ['b'], ['c']]);
  });

  it('does not copy where alignment allows', () => {
    const file = serializeSafetensors([['a', { dtype: 'F32', shape: [1], data: Float32Array.of(1) }]]);
    expect(parseSafetensors(file, 'x').tensors.get('a')?.data.buffer).to.equal(file.buffer);
  });

  const u8 = (offsets: string, shape = '[4]') => row('U8', shape, offsets);
  const deep = '['.repeat(100_000);
  const malicious: readonly (readonly [what: string, bytes: Uint8Array, message: string])[] = [
    ['an empty file', new Uint8Array(0), '0 bytes; expected at least 8'],
    ['a truncated length', Uint8Array.of(1, 0, 0), '3 bytes; expected at least 8'],
    ['an empty header', safetensors(''), 'header is empty; expected "{"'],
    ['a truncated header', safetensors('{}', 0, 3n), 'header ends at byte 11, the file at 10: it is cut short'],
    ['a header beyond the limit', safetensors('{}', 0, 100_000_001n), 'header length 100000001 exceeds'],
    ['a header of 2^64 − 1 bytes', safetensors('{}', 0, 2n ** 64n - 1n), 'header length 18446744073709551615 exceeds'],
    ['another format', utf8('PK\x03\x04 a zip file'),
      'exceeds the format\'s limit of 100000000; not a safetensors file?'],
    ['a header that is an array', safetensors('[]'), 'header begins with byte 0x5b; expected "{"'],
    ['a header after spaces', safetensors(' {}'), 'header begins with byte 0x20; expected "{"'],
    ['a byte order mark', safetensors('\ufeff{}'), 'header begins with byte 0xef; expected "{"'],
    ['invalid UTF-8', safetensors(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), 'header is not valid UTF-8'],
    ['overlong UTF-8', safetensors(Uint8Array.of(0x7b, 0xc0, 0xa2, 0x7d)), 'header is not valid UTF-8'],
    ['JSON that breaks off', safetensors('{"a":'), 'header: expected a value, found the end at character 5'],
    ['JSON with no closing brace', safetensors('{"a":1'), 'expected "," or "}", found the end at character 6'],
    ['a string with no end', safetensors('{"a'), 'a string has no closing quote at character 1'],
    ['a string that ends in a backslash', safetensors('{"a\\'), 'a string has no closing quote at character 1'],
    ['a trailing comma', safetensors('{"a":1,}'), 'expected a string in double quotes, found "}" at character 7'],
    ['two values', safetensors('{}{}'), 'expected the end, found "{" at character 2'],
    ['zero bytes as padding', safetensors('{}\0'), 'expected the end, found "\\u0000" at character 2'],
    ['NaN', safetensors('{"a":NaN}'), '"NaN" is not JSON at character 5'],
    ['a number of a million digits', safetensors(`{"a":${'9'.repeat(1_000_000)}}`),
      'a number or word of 1000000 characters'],
    ['a control character in a name', safetensors('{"a\tb":1}'), 'is not JSON at character 1'],
    ['half a surrogate pair', safetensors('{"\\ud800":1}'), 'a string holds half a surrogate pair at character 1'],
    ['deep nesting', safetensors(`{"a":${deep}`), 'nesting deeper than 32'],
    ['a million objects', safetensors(`{"a":[${'{},'.repeat(1_000_000)}{}]}`),
      'header: more than 1000000 objects and arrays at character'],
    ['a name twice', safetensors(`{"a":${u8('[0,4]')},"a":${u8('[0,4]')}}`, 4), 'key "a" is there twice'],
    ['a name twice, once escaped', safetensors(`{"a":${u8('[0,4]')},"\\u0061":${u8('[0,4]')}}`, 4),
      'key "a" is there twice'],
    ['__proto__ twice', safetensors(`{"__proto__":${u8('[0,4]')},"__proto__":1}`, 4), 'key "__proto__" is there twice'],
    ['a field twice', safetensors(`{"a":{"shape":[4],${u8('[0,4]').slice(1)}}`, 4), 'key "shape" is there twice'],
    ['metadata twice', safetensors('{"__metadata__":{},"__metadata__":{}}'), 'key "__metadata__" is there twice'],
    ['metadata that is a list', safetensors('{"__metadata__":["a"]}'),
      '__metadata__ is ["a"]; expected an object of strings'],
    ['metadata that is null', safetensors('{"__metadata__":null}'),
      '__metadata__ is null; expected an object of strings'],
    ['a metadata number', safetensors('{"__metadata__":{"a":1}}'), '__metadata__ "a" is 1; expected a string'],
    ['a tensor that is a number', safetensors('{"a":5}'), 'tensor "a" is 5; expected an object'],
    ['a tensor with no fields', safetensors('{"a":{}}'),
      'tensor "a": dtype is missing; expected one of F16, BF16, F32'],
    ['an unknown dtype', safetensors(`{"a":${row('F8_E4M3', '[4]', '[0,4]')}}`, 4),
      'dtype is "F8_E4M3"; expected one of'],
    ['a dtype that every object has', safetensors(`{"a":${row('toString', '[4]', '[0,4]')}}`, 4),
      'dtype is "toString"'],
    ['no shape', safetensors('{"a":{"dtype":"U8","data_offsets":[0,0]}}'), 'shape is missing; expected an array'],
    ['a shape that is a number', safetensors(`{"a":${u8('[0,4]', '4')}}`, 4), 'shape is 4; expected an array'],
    ['a negative axis', safetensors(`{"a":${u8('[0,4]', '[-4]')}}`, 4), 'shape is [-4]; expected'],
    ['two negative axes', safetensors(`{"a":${u8('[0,4]', '[-2,-2]')}}`, 4), 'shape is [-2,-2]; expected'],
    ['negative zero', safetensors(`{"a":${u8('[0,0]', '[-0]')}}`), 'shape is [0]; expected'],
    ['half an axis', safetensors(`{"a":${u8('[0,4]', '[0.5,8]')}}`, 4), 'shape is [0.5,8]; expected'],
    ['an axis as text', safetensors(`{"a":${u8('[0,4]', '["4"]')}}`, 4), 'shape is ["4"]; expected'],
    ['an axis of 2^53', safetensors(`{"a":${u8('[0,4]', '[9007199254740992]')}}`, 4),
      'shape is [9007199254740992]; expected'],
    ['an infinite axis', safetensors(`{"a":${u8('[0,4]', '[1e999]')}}`, 4), 'shape is [Infinity]; expected'],
    [
      'a product that overflows 64 bits to 4',
      safetensors(`{"a":${u8('[0,4]', '[4294967297,4294967296,4294967296,4]')}}`, 4),
      'has more than 2^53 elements',
    ],
    [
      'a product that overflows once bytes are counted',
      safetensors(`{"a":${row('F64', '[4503599627370496]', '[0,4]')}}`, 4),
      'F64 [4503599627370496] takes over 2^53 bytes',
    ],
    ['a huge shape over little data', safetensors(`{"a":${u8('[0,4]', '[1000000,1000000]')}}`, 4),
      'takes 1000000000000 bytes'],
    ['a million axes', safetensors(`{"a":${u8('[0,1]', `[${'1,'.repeat(999_999)}1]`)}}`, 1),
      'shape has 1000000 axes; at most 64'],
    ['no offsets', safetensors('{"a":{"dtype":"U8","shape":[0]}}'),
      'data_offsets is missing; expected two whole numbers'],
    ['one offset', safetensors(`{"a":${u8('[4]')}}`, 4), 'data_offsets is [4]; expected two whole numbers'],
    ['three offsets', safetensors(`{"a":${u8('[0,4,8]')}}`, 4), 'data_offsets is [0,4,8]; expected two whole numbers'],
    ['half an offset', safetensors(`{"a":${u8('[0.5,4.5]')}}`, 8),
      'data_offsets is [0.5,4.5]; expected two whole numbers'],
    ['a negative offset', safetensors(`{"a":${u8('[-4,0]')}}`, 4),
      'data_offsets is [-4,0]; expected two whole numbers'],
    ['offsets as text', safetensors(`{"a":${u8('["0","4"]')}}`, 4), 'data_offsets is ["0","4"]; expected'],
    ['offsets as an object', safetensors(`{"a":${u8('{"0":0,"1":4}')}}`, 4), 'data_offsets is an object; expected'],
    ['offsets in reverse', safetensors(`{"a":${u8('[4,0]')}}`, 4),
      'data_offsets [4,0] are out of order; expected begin <= end'],
    ['offsets too short', safetensors(`{"a":${row('F32', '[2]', '[0,4]')}}`, 4),
      'F32 [2] takes 8 bytes; data_offsets [0,4] hold 4'],
    ['offsets past the end', safetensors(`{"a":${u8('[0,4]')}}`, 3),
      'data_offsets [0,4] end past the file\'s 3 bytes of data'],
    ['offsets far past the end', safetensors(`{"a":${u8('[9007199254740987,9007199254740991]')}}`, 4),
      'end past the file\'s 4'],
    ['data after the tensors', safetensors(`{"a":${u8('[0,4]')}}`, 5),
      'the tensors fill 4 bytes; expected all 5 bytes'],
    ['data without tensors', safetensors('{}', 1), 'the tensors fill 0 bytes; expected all 1 bytes'],
    ['the same bytes twice', safetensors(`{"a":${u8('[0,4]')},"b":${u8('[0,4]')}}`, 4),
      'tensor "b": data_offsets [0,4] overlap'],
    ['an overlap', safetensors(`{"a":${u8('[0,4]')},"b":${u8('[3,7]')}}`, 7),
      'overlap the tensor before; expected begin = 4'],
    ['a hole', safetensors(`{"a":${u8('[0,4]')},"b":${u8('[5,9]')}}`, 9), 'leave a hole before; expected begin = 4'],
    ['a hole at the start', safetensors(`{"a":${u8('[1,5]')}}`, 5), 'leave a hole before; expected begin = 0'],
    ['an empty tensor inside another', safetensors(`{"a":${u8('[0,4]')},"b":${u8('[2,2]', '[0]')}}`, 4),
      'overlap the tensor before'],
    ['an I64 beyond 2^53',
      concat(safetensors(`{"a":${row('I64', '[2]', '[0,16]')}}`), bytesOf(BigInt64Array.of(1n, -(2n ** 53n)))),
      'tensor "a": element 1 is -9007199254740992; only whole numbers up to 2^53 − 1 are exact'],
    ['a U64 that rounds',
      concat(safetensors(`{"a":${row('U64', '[1]', '[0,8]')}}`), bytesOf(BigUint64Array.of(2n ** 53n + 1n))),
      'tensor "a": element 0 is 9007199254740993; only whole numbers up to 2^53 − 1 are exact'],
    ['a BOOL of 2', safetensors(`{"a":${row('BOOL', '[3]', '[0,3]')}}`, 3),
      'tensor "a": element 2 is 2; a BOOL is 0 or 1'],
  ];
  for (const [what, bytes, message] of malicious) {
    it(`refuses ${what}`, () => {
      expectRefusal(() => parseSafetensors(bytes, 'bad'), 'parseSafetensors: bad: ', message);
    });
  }

  it('refuses every prefix of a good file, and the file with a byte more', () => {
    const file = serializeSafetensors(everyType, new Map([['k', 'v']]));
    for (let length = 0; length < file.length; length++) {
      expectRefusal(() => parseSafetensors(file.subarray(0, length), 'cut'), 'parseSafetensors: cut: ', '');
    }
    const long = concat(file, Uint8Array.of(0));
    expectRefusal(() => parseSafetensors(long, 'long'), 'parseSafetensors: long: ', 'the tensors fill');
  });

  const one: RawArray = { dtype: 'F32', shape: [1], data: Float32Array.of(1) };
  type Named = readonly [name: string, array: RawArray];
  const unwritable: readonly (readonly [what: string, tensors: readonly Named[], message: string])[] = [
    ['a name twice', [['a', one], ['a', one]], 'tensor name "a" comes twice'],
    ['__metadata__ as a name', [['__metadata__', one]], 'tensor name "__metadata__" is the name of the metadata'],
    ['half a surrogate pair', [['\udc00', one]], 'holds half a surrogate pair'],
    ['too little data', [['a', { ...one, shape: [2, 2] }]], 'tensor "a": shape [2,2] has 4 elements; data has 1'],
    ['a negative axis', [['a', { ...one, shape: [-1] }]], 'axis lengths are whole numbers >= 0; got -1'],
    ['half an I64', [['a', { dtype: 'I64', shape: [1], data: Float64Array.of(0.5) }]],
      'element 0 is 0.5; I64 takes whole numbers'],
    ['a negative U64', [['a', { dtype: 'U64', shape: [1], data: Float64Array.of(-1) }]],
      'element 0 is -1; U64 takes whole numbers'],
    ['an I64 beyond 2^53', [['a', { dtype: 'I64', shape: [1], data: Float64Array.of(2 ** 53) }]],
      'I64 takes whole numbers'],
    ['a BOOL of 3', [['a', { dtype: 'BOOL', shape: [1], data: Uint8Array.of(3) }]], 'element 0 is 3; a BOOL is 0 or 1'],
  ];
  for (const [what, tensors, message] of unwritable) {
    it(`does not write ${what}`, () => {
      expectRefusal(() => serializeSafetensors(tensors), 'serializeSafetensors: ', message);
    });
  }

  it('does not write data in the wrong typed array', () => {
    const wrong = { ...one, data: Float64Array.of(1) };
    const message = 'tensor "a": F32 elements belong in a Float32Array; found Float64Array';
    // @ts-expect-error: what a caller in JavaScript could pass
    expectRefusal(() => serializeSafetensors([['a', wrong]]), 'serializeSafetensors: ', message);
  });
});
