/** The command line: `inspect`, `convert` and `export`, options of weights, and what may go wrong. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { EfficientNet, LAYOUTS, PRESETS, encodeWeights, exportOnnx } from '@vitrine/efficientnet';
import { decodeWeights, meta, parseSafetensors, serializeSafetensors } from '@vitrine/tensor';
import { expect } from 'chai';
import { makeFiles, runJson } from './support/cli-files.js';
import { run } from './support/command-line.js';
import { root, run as execute } from './support/examples.js';
import { fillModel } from './support/fill.js';
import { readOnnx } from './support/onnx-reader.js';
import { expectSameBits, fileOf } from './support/pretrained.js';

interface InspectJson {
  readonly format: string;
  readonly network: {
    readonly layout: string; readonly variant: string; readonly conventions: string; readonly conventionsFrom: string;
    readonly numClasses: number; readonly inChannels: number; readonly warnings: string[];
    readonly loaded: {
      readonly parameters: number; readonly classes: string[] | null; readonly preprocessing: object;
    } | null;
  } | null;
  readonly problem: string | null;
  readonly metadata: Record<string, string>;
  readonly elements: number;
  readonly tensors: { readonly name: string; readonly shape: number[]; readonly dtype: string }[];
}

interface WrittenJson {
  readonly bytes: number;
  readonly found: { readonly layout: string; readonly warnings: string[] };
}

describe('command line: weights', () => {
  let path: (name: string) => string;
  let remove = (): void => {};
  before(async () => ({ path, remove } = await makeFiles()));
  after(() => remove());

  const fixture = (name: string): string => join(root, 'tests/fixtures/torch', name);

  describe('inspect', () => {
    it('a checkpoint of this library, for a person', async () => {
      const { code, stdout, stderr } = await run('inspect', path('tiny.safetensors'));
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
      const lines = stdout.trimEnd().split('\n');
      expect(lines[0]).to.equal(path('tiny.safetensors'));
      for (const line of [
        /^ {2}format {7}safetensors, \d+\.\d kB$/, /^ {2}network {6}tiny-28$/, /^ {2}layout {7}vitrine$/,
        /^ {2}conventions {2}tensorflow \(the configuration in the file\)$/, /^ {2}batch norm {3}eps 0\.001$/,
        /^ {2}classes {6}4: ankle boot, bag, shirt, coat$/, /^ {2}channels {5}1$/, /^ {2}parameters {3}\d\d,\d{3}$/,
        /^ {2}images {7}bilinear, shorter side to 28, middle 28×28, mean 0\.286, std 0\.353$/,
        /^ {2}metadata {5}training: \{"epoch":2,/, /^ {2}metadata {5}model: \{"name":"tiny-28".*…$/,
      ]) expect(lines.some((found) => line.test(found)), `${line}\n${stdout}`).to.equal(true);
    });

    it('--json of a B0 by another library: what is known by names and shapes alone, and why', async () => {
      const shapes = meta(() => EfficientNet.fromName('b0'));
      const bytes = fileOf('timm', shapes, fillModel(shapes));
      for (const name of ['tf_efficientnet_b0.safetensors', 'unknown.safetensors']) writeFileSync(path(name), bytes);
      const [named, unnamed] = await Promise.all(['tf_efficientnet_b0.safetensors', 'unknown.safetensors'].map((name) =>
        runJson<InspectJson>(0, 'inspect', path(name))));
      expect(named.network).to.include({
        layout: 'timm', variant: 'efficientnet-b0', conventions: 'tensorflow',
        conventionsFrom: 'a name that begins with tf_', numClasses: 1000, inChannels: 3,
      });
      expect(named.network?.loaded).to.include({ parameters: 5_288_548, classes: null });
      expect(named.network?.loaded?.preprocessing).to.include({ resize: 256, crop: 224 });
      expect(named.tensors.find(({ name }) => name === 'conv_stem.weight'))
        .to.deep.equal({ name: 'conv_stem.weight', shape: [32, 3, 3, 3], dtype: 'F32' });
      expect(unnamed.network).to.include({ conventions: 'pytorch' });
      expect(unnamed.network?.conventionsFrom).to.match(/^a guess/);
      expect(unnamed.network?.warnings).to.have.length(1);
    });

    it('strangers: tensors are listed without a network, with the types of the file', async () => {
      const { stdout, code } = await run('inspect', fixture('kinds-zip.pth'));
      expect(code).to.equal(0);
      expect(stdout).to.match(/^ {2}format {7}torch zip, /m)
        .and.to.match(/^ {2}problem .* is no EfficientNet by the names of/m);
      expect(stdout).to.match(/^float16 +\[.*\] +F16$/m).and.to.match(/^bfloat16 +\[.*\] +BF16$/m)
        .and.to.match(/^int64 +\[.*\] +I64$/m);
    });

    it('a network that lacks a tensor: what it is, and what is missing', async () => {
      const { tensors, metadata } = parseSafetensors(new Uint8Array(readFileSync(path('small.safetensors'))), 'small');
      tensors.delete('bn2.weight');
      writeFileSync(path('lacking.safetensors'), serializeSafetensors([...tensors], metadata));
      const { network, problem } = await runJson<InspectJson>(0, 'inspect', path('lacking.safetensors'));
      expect(network).to.include({ layout: 'timm', variant: 'small-32', loaded: null });
      expect(problem).to.contain('missing: bn2.weight');
    });

    it('a .npy array', async () => {
      const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117) + '\n';
      writeFileSync(path('a.npy'), Buffer.concat([Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]),
        Buffer.from(header, 'latin1'), Buffer.alloc(24)]));
      const { stdout } = await run('inspect', path('a.npy'));
      expect(stdout).to.match(/^ {2}format {7}npy, 152 bytes\n {2}array {8}\[2,3\] F32$/m);
    });
  });

  describe('convert', () => {
    it('around all layouts and back: the same tensors to the last bit; the way images are prepared stays', async () => {
      const ring = ['vitrine', 'lukemelas', 'torchvision', 'timm'] as const;
      let from = 'small.safetensors';
      for (const layout of ring) {
        const to = `${layout}.safetensors`;
        const { bytes, found } = await runJson<WrittenJson>(0, 'convert', path(from), path(to), '--layout', layout);
        expect(bytes).to.equal(statSync(path(to)).size);
        expect(found.warnings.length, layout).to.equal(layout === 'lukemelas' ? 1 : 0);
        from = to;
      }
      expect(readFileSync(path('timm.safetensors')).equals(readFileSync(path('small.safetensors')))).to.equal(true);
      const [vitrine, small] = await Promise.all(['vitrine.safetensors', 'small.safetensors'].map((name) =>
        EfficientNet.fromPretrained('small-32', path(name))));
      for (const [name, tensor] of vitrine.stateDict()) expectSameBits(tensor, small.stateDict().get(name)!, name);
      expect(vitrine.pretrained?.preprocessing).to.deep.equal(small.pretrained?.preprocessing);
      expect(vitrine.config).to.deep.equal(small.config);
    });

    it('--float16, --conventions; the classes stay; text for a person', async () => {
      const out = path('half.safetensors');
      const { code, stdout, stderr } = await run('convert', path('tiny.safetensors'), out,
        '--layout', 'timm', '--float16', '--model', 'tiny-28', '--conventions', 'pytorch');
      expect(code, stderr).to.equal(0);
      expect(stdout).to.match(/half\.safetensors: tiny-28, timm names, float16, \d+\.\d kB\n$/);
      const { dtypes, metadata } = decodeWeights(new Uint8Array(readFileSync(out)), 'half');
      expect(new Set(Array.from(dtypes).filter(([key]) => !key.endsWith('tracked')).map(([, dtype]) => dtype)))
        .to.deep.equal(new Set(['F16']));
      expect(JSON.parse(metadata.get('model')!)).to.include({ convention: 'pytorch', numClasses: 4 });
      expect(metadata.get('classes')).to.contain('ankle boot');
    });

    it('an existing OUT is replaced only with --force, and by all of the new file', async () => {
      const args = ['convert', path('tiny.safetensors'), path('out.safetensors'), '--layout', 'vitrine'];
      writeFileSync(path('out.safetensors'), 'precious');
      const { code, stdout, stderr } = await run(...args);
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
      expect(stderr)
        .to.match(/^efficientnet: .*out\.safetensors: exists already; --force replaces it, or choose another name\n$/);
      expect(readFileSync(path('out.safetensors'), 'utf8')).to.equal('precious');
      expect((await run(...args, '--force')).code).to.equal(0);
      expect(decodeWeights(new Uint8Array(readFileSync(path('out.safetensors'))), 'out').format)
        .to.equal('safetensors');
      expect(readdirSync(path('.')).filter((name) => name.includes('.tmp'))).to.deep.equal([]);
    });
  });

  it('export: the bytes of the library, at the size the weights are tested with; dynamic, and not folded', async () => {
    const [folded, dynamic] = await Promise.all([
      run('export', path('small.safetensors'), path('folded.onnx'), '--model', 'small-32'),
      runJson<WrittenJson & { readonly input: unknown[]; readonly folded: boolean; readonly preprocessing: object }>(
        0, 'export', path('small.safetensors'), path('dynamic.onnx'), '--image-size', 'dynamic', '--no-fold'),
    ]);
    expect(folded.code, folded.stderr).to.equal(0);
    expect(folded.stdout).to.contain('folded.onnx: ONNX opset 17, input [N,3,32,32] → logits [N,10], ');
    expect(folded.stdout)
      .to.contain('images: bicubic, shorter side to 40, middle 32×32, mean 0.5 0.4 0.3, std 0.2 0.3 0.4');
    const model = await EfficientNet.fromPretrained('auto', path('small.safetensors'));
    const file = readFileSync(path('folded.onnx'));
    expect(file.equals(exportOnnx(model, { imageSize: 32 }))).to.equal(true);
    const graph = readOnnx(new Uint8Array(file));
    expect(graph.inputs.map(({ dims }) => dims)).to.deep.equal([['N', 3, 32, 32]]);
    expect(graph.outputs.map(({ name, dims }) => ({ name, dims })))
      .to.deep.equal([{ name: 'logits', dims: ['N', 10] }]);
    expect(graph.nodes.filter(({ op }) => op === 'BatchNormalization')).to.have.length(0);

    expect(dynamic)
      .to.deep.include({ input: ['N', 3, 'H', 'W'], folded: false, bytes: statSync(path('dynamic.onnx')).size });
    const free = readOnnx(new Uint8Array(readFileSync(path('dynamic.onnx'))));
    expect(free.inputs[0].dims).to.deep.equal(['N', 3, 'H', 'W']);
    expect(free.nodes.filter(({ op }) => op === 'BatchNormalization').length).to.be.greaterThan(20);
  });

  it('an address: downloaded once, kept, its digest checked', async () => {
    const content = readFileSync(path('tiny.safetensors'));
    const digest = createHash('sha256').update(content).digest('hex');
    let requests = 0;
    const server = createServer((request, response) => {
      requests++;
      response.writeHead(request.url === '/tiny.safetensors' ? 200 : 404).end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const inspect = (file: string, ...more: string[]): ReturnType<typeof run> =>
        run('inspect', `${address}/${file}`, '--cache', path('cache'), ...more);
      const first = await inspect('tiny.safetensors', '--sha256', digest.slice(0, 12));
      expect({ code: first.code, stderr: first.stderr }).to.deep.equal({ code: 0, stderr: '' });
      expect(first.stdout).to.contain(`${address}/tiny.safetensors\n`).and.to.contain('tiny-28');
      const [again, wrong, missing] = await Promise.all([
        inspect('tiny.safetensors'), inspect('tiny.safetensors', '--sha256', '0123456789'), inspect('none.pth'),
      ]);
      expect(again.code).to.equal(0);
      expect(wrong).to.include({ code: 1, stdout: '' });
      expect(wrong.stderr).to.contain(`SHA-256 is ${digest}, expected 0123456789…`);
      expect(missing.code).to.equal(1);
      expect(missing.stderr).to.contain('none.pth: status 404');
      expect(requests, 'the file; once more, for it has another digest; that which is missing').to.equal(3);
    } finally {
      server.close();
    }
    const local = await run('inspect', path('tiny.safetensors'), '--sha256', '0123456789');
    expect(local.code).to.equal(1);
    expect(local.stderr).to.contain('tiny.safetensors: SHA-256 is ');
  });

  it('a training checkpoint: --ema takes the moving average, else a note says that there is one', async () => {
    const [plain, average] = await Promise.all([
      runJson<InspectJson & { readonly notes: string[] }>(0, 'inspect', fixture('checkpoint-zip.pth')),
      runJson<InspectJson & { readonly notes: string[] }>(0, 'inspect', fixture('checkpoint-zip.pth'), '--ema'),
    ]);
    expect(plain.notes.join()).to.contain("weights from its entry 'state_dict'")
      .and.to.contain('there is a moving average');
    expect(average.notes).to.deep.equal(["weights from its entry 'state_dict_ema'"]);
  });

  const failures: readonly (readonly [args: (path: (name: string) => string) => string[], message: string])[] = [
    [(at) => ['inspect', at('missing.pth')], 'missing.pth: no such file; check the path'],
    [(at) => ['inspect', at('none')], 'none: this is a folder; name a file'],
    [(at) => ['predict', 'x.png', '--weights', at('pictures/notes.txt')],
      'notes.txt: neither safetensors nor a file of torch.save'],
    [() => ['predict', 'x.png', '--weights', fixture('kinds-zip.pth')],
      'kinds-zip.pth is no EfficientNet by the names of'],
    [(at) => ['export', at('tiny.safetensors'), at('x.onnx'), '--model', 'b0'], 'holds tiny-28, not efficientnet-b0'],
    [(at) => ['convert', at('tiny.safetensors'), at('no/x.safetensors'), '--layout', 'timm'], 'there is no folder '],
    [(at) => ['convert', at('tiny.safetensors'), at('none'), '--layout', 'timm'],
      'none: this is a folder; name a file'],
  ];
  for (const [args, message] of failures) {
    it(`exit 1: ${message}`, async () => {
      const { code, stdout, stderr } = await run(...args(path));
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
      expect(stderr).to.match(/^efficientnet: /).and.to.contain(message).and.not.to.contain('    at ');
      expect(['x.onnx', 'no'].filter((name) => existsSync(path(name)))).to.deep.equal([]);
    });
  }

  it('a model that there is not is wrong usage: exit 2', async () => {
    const { code, stderr } = await run('export', path('tiny.safetensors'), path('x.onnx'), '--model', 'b99');
    expect(code).to.equal(2);
    expect(stderr).to.contain("there is no model 'b99'; known are efficientnet-b0, ");
  });

  it('a network of one\'s own is asked for by its name', async () => {
    const own = EfficientNet.fromVariant('mine', PRESETS['tiny-28'], { numClasses: 4 });
    writeFileSync(path('mine.safetensors'), encodeWeights(own));
    const ask = (name: string): ReturnType<typeof run> =>
      run('export', path('mine.safetensors'), path('mine.onnx'), '--model', name, '--force');
    const [mine, other, none] = await Promise.all([ask('mine'), ask('b0'), ask('ours')]);
    expect(mine.code, mine.stderr).to.equal(0);
    expect(other.code).to.equal(1);
    expect(other.stderr).to.contain("holds mine, not efficientnet-b0; ask for 'mine', or 'auto'");
    expect(none.code).to.equal(2);
    expect(none.stderr).to.contain("there is no model 'ours'");
  });

  it('the package’s command is there before anything is compiled, may be run, and is this one', async () => {
    const { bin } = JSON.parse(
      readFileSync(join(root, 'packages/efficientnet/package.json'), 'utf8'),
    ) as { bin: { efficientnet: string } };
    const file = join(root, 'packages/efficientnet', bin.efficientnet);
    expect(file).not.to.contain('dist');
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o100).to.equal(0o100);
    const { stdout } = await execute(process.execPath, [file, 'convert', '--help']);
    for (const layout of LAYOUTS) expect(stdout).to.contain(layout);
  });
});
