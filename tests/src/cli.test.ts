/** The command line: help, wrong usage, summaries. */
import { expect } from 'chai';
import { run } from './support/command-line.js';

interface SummaryJson {
  readonly name: string;
  readonly inputShape: number[];
  readonly params: number;
  readonly macs: number;
  readonly activationBytes: number;
  readonly layers: {
    readonly name: string;
    readonly type: string;
    readonly outputShape: number[];
    readonly params: number;
    readonly macs: number;
  }[];
}

describe('command line: help and wrong usage', () => {
  const helps: readonly [args: readonly string[], text: RegExp][] = [
    [['--help'], /efficientnet COMMAND --help[^]*Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted/],
    [['-h'], /efficientnet COMMAND --help/],
    [['help'], /efficientnet COMMAND --help/],
    [['train', '--help'], /efficientnet train \[options\][^]*--batch-size N/],
    [['train', '--epochs', '3', '-h'], /efficientnet train \[options\]/],
    [['finetune', '--help'], /efficientnet finetune --weights FILE --data DIR \[options\][^]*--freeze-until STAGE/],
    [['evaluate', '--help'], /efficientnet evaluate --weights FILE \[options\][^]*--flip/],
    [['summary', '--help'], /efficientnet summary NAME \[options\][^]*--image-size N/],
    [['predict', '--help'], /efficientnet predict FILE… --weights FILE \[options\][^]*--sha256 HEX[^]*--labels FILE/],
    [['inspect', '--help'], /efficientnet inspect FILE \[options\][^]*--tensors/],
    [['convert', '--help'], /efficientnet convert IN OUT --layout L \[options\][^]*--float16[^]*--force/],
    [['export', '--help'], /efficientnet export WEIGHTS OUT\.onnx \[options\][^]*--no-fold/],
  ];
  for (const [args, text] of helps) {
    it(`${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await run(...args);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
      expect(stdout).to.match(text);
    });
  }

  const wrong: readonly [args: readonly string[], message: string][] = [
    [['trian'], "there is no command 'trian'; known are " +
      'train, finetune, evaluate, summary, scale, predict, inspect, convert, export'],
    [['toString'], "there is no command 'toString'; known are " +
      'train, finetune, evaluate, summary, scale, predict, inspect, convert, export'],
    [['summary'], 'summary takes the NAME of a model, such as b0'],
    [['summary', 'b9'], "there is no model 'b9'; known are efficientnet-b0, "],
    [['summary', 'b0', 'b1'], "unexpected argument 'b1'"],
    [['summary', 'b0', '--jsno'], "Unknown option '--jsno'"],
    [['summary', 'b0', '--image-size', '0'], "--image-size takes a whole number >= 1; got '0'"],
    [['summary', 'b0', '--num-classes', 'ten'], "--num-classes takes a whole number >= 1; got 'ten'"],
    [['summary', 'b0', '--tree', '--json'],
      'summary prints the tree, or JSON of the layers; leave out --tree or --json'],
    [['train', 'b0'], "unexpected argument 'b0'"],
    [['train', '--model', 'b9', '--runs', '/nonexistent'], "there is no model 'b9'"],
    [['train', '--preset', 'toString'], "--preset takes start, cpu, cpu-hour or paper; got 'toString'"],
    [['train', '--epochs', '1.5'], "--epochs takes a whole number >= 0; got '1.5'"],
    [['train', '--epochs'], "Option '--epochs <value>' argument missing"],
    [['train', '--batch-size', '1'], "--batch-size takes a whole number >= 2; got '1'"],
    [['train', '--batch-size', '20000', '--runs', '/nonexistent'],
      '--batch-size takes at most the number of training images, 10000; got 20000'],
    [['train', '--lr', '0'], "--lr takes a number > 0; got '0'"],
    [['train', '--lr', ''], "--lr takes a number > 0; got ''"],
    [['train', '--weight-decay=-1'], "--weight-decay takes a number >= 0; got '-1'"],
    [['train', '--label-smoothing', '2'], "--label-smoothing takes a number from 0 to 1; got '2'"],
    [['train', '--seed', '-0.5'], '--seed'],
    [['train', '--augment', 'flip,crop'], "--augment: 'crop': crop takes pixels, such as crop:2"],
    [['train', '--augment', 'erase:2'], '--augment: randomErasing: probability is 2; expected a number >= 0 and <= 1'],
    [['train', '--optimizer', 'adam'], "--optimizer: there is no 'adam'; known are adamw, sgd, rmsprop-tf"],
    [['train', '--optimizer', 'adamw:0.9:1', '--runs', '/nonexistent'],
      '--optimizer: AdamW: betas[1] is from 0 to below 1; got 1'],
    [['finetune', '--optimizer', 'rmsprop-tf:1'], '--optimizer: RMSpropTF: decay is from 0 to below 1; got 1'],
    [['train', '--optimizer', 'sgd@0.5'], "--optimizer: 'sgd@0.5': @ and a probability are for augmentations"],
    [['train', '--schedule', 'staircase:0.97:0', '--runs', '/nonexistent'],
      '--schedule: exponential: everySteps is a number of steps > 0; got 0'],
    [['train', '--schedule', 'staircase:x'], "--schedule: 'staircase:x': 'x' is no number"],
    [['train', '--ema', 'no'], "--ema takes a number from 0 to 1, or none; got 'no'"],
    [['train', '--mean', '0.5,x'], "--mean takes numbers with commas between, or none; got '0.5,x'"],
    [['train', '--dataset', 'svhn'], '--dataset takes auto, fashion-mnist, mnist, cifar-10, cifar-100 or folder; got'],
    [['train', '--dataset', 'cifar-10', '--runs', '/nonexistent'],
      'cifar-10 takes --data DIR; only Fashion-MNIST comes'],
    [['finetune', '--data', 'x'], 'finetune takes --weights FILE, a path or an address'],
    [['finetune', '--weights', 'x', '--freeze-until', 'stage0'],
      "--freeze-until takes stem, stage1, stage2 … or head, "],
    [['finetune', '--weights', 'x', '--decayed', 'matrices'], "Unknown option '--decayed'"],
    [['evaluate', '--data', 'x'], 'evaluate takes --weights FILE, a path or an address'],
    [['evaluate', '--weights', 'x', '--split', 'val'], "--split takes test, train or all; got 'val'"],
    [['predict', '--weights', 'x'], 'predict takes the FILEs to look at: pictures, folders, or a .npy'],
    [['predict', 'a.png'], 'predict takes --weights FILE, a path or an address'],
    [['predict', 'a.png', '--weights', 'x', '--top', '0'], "--top takes a whole number >= 1; got '0'"],
    [['predict', 'a.png', '--weights', 'x', '--std', '0.5,0,1'],
      "--std takes numbers > 0 with commas between; got '0.5,0,1'"],
    [['predict', 'a.png', '--weights', 'x', '--sha256', 'abc'], "--sha256 takes 8 to 64 hexadecimal digits; got 'abc'"],
    [['predict', 'a.png', '--weights', 'http://'], "'http://' is no address"],
    [['inspect'], 'inspect takes a FILE of weights, a path or an address'],
    [['inspect', 'a', 'b'], "unexpected argument 'b'"],
    [['inspect', 'a', '--model', 'b0'], "Unknown option '--model'"],
    [['convert', 'a'], 'convert takes IN and OUT, two files'],
    [['convert', 'a', 'b'], 'convert takes --layout, one of vitrine, lukemelas, torchvision, timm; got none'],
    [['convert', 'a', 'b', '--layout', 'keras'], "torchvision, timm; got 'keras'"],
    [['convert', 'a', 'b.pth', '--layout', 'timm'], 'convert writes safetensors; call OUT b.safetensors'],
    [['export', 'a', 'b.pb'], "export writes ONNX; OUT ends in .onnx, got 'b.pb'"],
    [['export', 'a', 'b.onnx', '--image-size', 'big'], "--image-size takes a whole number >= 1, or dynamic; got 'big'"],
    [['export', 'a', 'b.onnx', '--conventions', 'keras'], "--conventions takes tensorflow or pytorch; got 'keras'"],
  ];
  for (const [args, message] of wrong) {
    it(`${args.join(' ')}: exit 2`, async () => {
      const { code, stderr } = await run(...args);
      expect(stderr)
        .to.match(/^efficientnet: /).and.to.contain(message)
        .and.to.match(/\nefficientnet --help lists commands and options\n$/);
      expect(code).to.equal(2);
    });
  }

  it('without a command: the help, exit 2', async () => {
    const { code, stdout } = await run();
    expect(code).to.equal(2);
    expect(stdout).to.contain('efficientnet train');
  });
});

describe('command line: summary', () => {
  const json = async (...args: readonly string[]): Promise<SummaryJson> => {
    const { code, stdout, stderr } = await run('summary', ...args, '--json');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    return JSON.parse(stdout) as SummaryJson;
  };

  it('b0 --json', async () => {
    const { name, inputShape, params, macs, activationBytes, layers } = await json('b0');
    expect({ name, inputShape, params, macs }).to.deep.equal({
      name: 'efficientnet-b0', inputShape: [1, 224, 224, 3], params: 5_288_548, macs: 385_814_752,
    });
    const total = (pick: (layer: SummaryJson['layers'][number]) => number): number =>
      layers.reduce((sum, layer) => sum + pick(layer), 0);
    expect(total((layer) => layer.params)).to.equal(params);
    expect(total((layer) => layer.macs)).to.equal(macs);
    expect(total(({ outputShape }) => 4 * outputShape.reduce((a, b) => a * b, 1))).to.equal(activationBytes);
    // Stem, head, classifier, dropout, two norms; 16 blocks of 8 layers of which one lacks the 2 of the expansion;
    // 9 drop paths.
    expect(layers).to.have.length(6 + 16 * 8 - 2 + 9);
    expect(layers[0]).to.deep.include({
      name: 'stem', type: 'Conv2d', outputShape: [1, 112, 112, 32], params: 864, macs: 864 * 112 * 112,
    });
    expect(layers.at(-1)).to.deep.include({
      name: 'classifier', type: 'Linear', outputShape: [1, 1000], params: 1_281_000, macs: 1_280_000,
    });
  });

  it('b0 --image-size 380: the same parameters, more multiply-adds', async () => {
    const { inputShape, params, macs, layers } = await json('efficientnet-b0', '--image-size', '380');
    expect({ inputShape, params }).to.deep.equal({ inputShape: [1, 380, 380, 3], params: 5_288_548 });
    expect(macs).to.be.within(2.7 * 385_814_752, 3 * 385_814_752);
    expect(layers.find(({ name }) => name === 'head')?.outputShape).to.deep.equal([1, 12, 12, 1280]);
  });

  it('--num-classes changes the classifier only', async () => {
    expect((await json('b0', '--num-classes', '10')).params).to.equal(5_288_548 - 990 * 1281);
  });

  it('l2, the largest, costs nothing to look at', async () => {
    const { params, inputShape } = await json('l2');
    expect({ params, inputShape }).to.deep.equal({ params: 480_309_308, inputShape: [1, 800, 800, 3] });
  });

  it('as a table, with totals', async () => {
    const { code, stdout } = await run('summary', 'small-32', '--num-classes', '10');
    expect(code).to.equal(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).to.equal('small-32');
    expect(lines[1]).to.match(/^layer +type +output +params +MACs +activation$/);
    expect(lines[3]).to.match(/^stem +Conv2d +\[1,32,32,16\] +432 +442,368 +65\.5 kB$/);
    expect(lines.at(-1))
      .to.match(/^input \[1,32,32,3\]: 663,530 parameters \(2\.7 MB\), 6,069,312 multiply-adds, .* of activations$/);
  });

  it('--tree prints the modules', async () => {
    const { stdout } = await run('summary', 'b0', '--tree');
    expect(stdout)
      .to.match(/^EfficientNet\(\n {2}\(stem\): Conv2d\(3, 32, kernel=3x3, stride=2, padding=same, bias=false\)\n/);
    expect(stdout)
      .to.contain('    (15): MBConv(\n      (expand): Conv2d(192, 1152, kernel=1x1, stride=1, bias=false)\n');
  });
});
