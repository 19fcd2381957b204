/** The layers of the project, read off its sources: who may import whom, and what may touch the system. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const packages = fileURLToPath(new URL('../../packages', import.meta.url));
const MAX_LINES = 320;
const MAX_COLUMNS = 120;

/** Which packages each may import. */
const layers: Readonly<Record<string, readonly string[]>> = {
  tensor: [],
  autograd: ['tensor'],
  data: ['tensor'],
  nn: ['tensor', 'autograd'],
  efficientnet: ['tensor', 'autograd', 'data', 'nn'],
};

/**
 * Files for Node alone: a browser has no use for them. Only an entry of its own, not the package's, may reach them.
 */
const NODE_ONLY = ['nn/src/train/run-log.node.ts', 'data/src/datasets/folder/decode-worker.node.ts'];

/** Sources of one package, as paths below packages/. */
const sources = (name: string): string[] =>
  readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(name, 'src', file).replaceAll('\\', '/'))
    .sort();
const all = Object.keys(layers).flatMap(sources);
const read = (file: string): string => readFileSync(join(packages, file), 'utf8');

/** Comments gone, and what stands in strings and templates. */
function code(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|\/\/[^\n]*/g, (match) =>
      (match.startsWith('/') ? ' ' : "''"));
}

/** What a file imports: from, import(…), and import for its side effects. */
function imports(text: string): string[] {
  const bare = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/[^\n]*$/gm, ' ');
  return [...bare.matchAll(/\b(?:from\s+|import\s+|import\s*\(\s*)(['"])([^'"\n]+)\1/g)].map(([, , specifier]) =>
    specifier);
}

describe('layering', () => {
  it('knows every package', () => {
    expect(readdirSync(packages).filter((name) => existsSync(join(packages, name, 'package.json')))
      .sort()).to.deep.equal(Object.keys(layers).sort());
    expect(all.length).to.be.greaterThan(50);
  });

  for (const [name, allowed] of Object.entries(layers)) {
    it(`${name} imports ${allowed.join(', ') || 'none of the others'}`, () => {
      const wrong = sources(name).flatMap((file) => imports(read(file))
        .filter((specifier) => !/^(\.|#|node:)/.test(specifier))
        .filter((specifier) => !allowed.some((other) =>
          specifier === `@vitrine/${other}` || specifier.startsWith(`@vitrine/${other}/`)))
        .map((specifier) => `${file} imports ${specifier}`));
      expect(wrong).to.deep.equal([]);
    });

    it(`${name} enters other packages by their entries: single files are for the book and for tests`, () => {
      const wrong = sources(name).flatMap((file) => imports(read(file))
        .filter((specifier) => /^@vitrine\/\w+\/internal\//.test(specifier))
        .map((specifier) => `${file} imports ${specifier}`));
      expect(wrong).to.deep.equal([]);
    });

    it(`${name} stays inside its folder, with .js at the end of paths`, () => {
      const wrong = sources(name).flatMap((file) => imports(read(file))
        .filter((specifier) => specifier.startsWith('.'))
        .filter((specifier) => !specifier.endsWith('.js')
          || !existsSync(join(packages, dirname(file), specifier.replace(/\.js$/, '.ts')))
          || !join(dirname(file), specifier).startsWith(join(name, 'src')))
        .map((specifier) => `${file} imports ${specifier}`));
      expect(wrong).to.deep.equal([]);
    });

    it(`${name} declares what it imports, and nothing to run with from elsewhere`, () => {
      const { dependencies = {} } = JSON.parse(read(`${name}/package.json`)) as { dependencies?: Record<string,
        string> };
      expect(Object.keys(dependencies).filter((dependency) =>
        !allowed.includes(dependency.replace('@vitrine/', '')))).to.deep.equal([]);
      const used = new Set(sources(name).flatMap((file) => imports(read(file)))
        .map((specifier) => /^@vitrine\/\w+/.exec(specifier)?.[0]).filter((found) => found !== undefined));
      expect([...used].filter((dependency) => !(dependency in dependencies))).to.deep.equal([]);
    });
  }

  it('node: is imported only by *.node.ts, cli/ and make-subset.ts', () => {
    const wrong = all.filter((file) => imports(read(file)).some((specifier) => specifier.startsWith('node:')))
      .filter((file) => !/\.node\.ts$|\/cli\/|\/make-subset\.ts$/.test(file));
    expect(wrong).to.deep.equal([]);
  });

  it('every *.node.ts has a *.browser.ts beside it that exports the same, or is for Node alone', () => {
    const exported = (file: string): string[] => [...code(read(file))
      .matchAll(/^export (?:async )?(?:const|function\*?|class) (\w+)/gm)].map(([, name]) => name).sort();
    const wrong = all.filter((file) => file.endsWith('.node.ts') && !NODE_ONLY.includes(file)).filter((file) => {
      const twin = file.replace(/\.node\.ts$/, '.browser.ts');
      return !all.includes(twin) || exported(twin).join() !== exported(file).join();
    });
    expect(wrong).to.deep.equal([]);
    expect(NODE_ONLY.filter((file) => !all.includes(file)), 'listed, but gone').to.deep.equal([]);
  });

  /**
   * Everything a package's main entry reaches in a page; `#name` through the package's imports, condition "default".
   */
  function reached(name: string): Set<string> {
    const { imports: aliases = {} } = JSON.parse(read(`${name}/package.json`)) as { imports?: Record<string,
      { default: string }> };
    const found = new Set<string>();
    const visit = (file: string): void => {
      if (found.has(file)) return;
      found.add(file);
      for (const specifier of imports(read(file))) {
        if (specifier.startsWith('.')) visit(join(dirname(file), specifier).replaceAll('\\', '/')
          .replace(/\.js$/, '.ts'));
        else if (specifier.startsWith('#')) visit(join(name, aliases[specifier].default.replace('/dist/', '/src/'))
          .replaceAll('\\', '/').replace(/\.js$/, '.ts'));
      }
    };
    visit(`${name}/src/index.ts`);
    return found;
  }

  for (const name of Object.keys(layers)) {
    it(`in a page, ${name} reaches nothing of Node`, () => {
      const files = [...reached(name)];
      expect(files.filter((file) =>
        /\.node\.ts$|\/cli\//.test(file) || imports(read(file))
        .some((specifier) => specifier.startsWith('node:')))).to.deep.equal([]);
    });
  }

  it(`no source is longer than ${MAX_LINES} lines`, () => {
    const long = all.map((file) => `${file}: ${read(file).split('\n').length - 1}`)
      .filter((row) => Number(row.split(': ')[1]) > MAX_LINES);
    expect(long).to.deep.equal([]);
  });

  it(`no line is longer than ${MAX_COLUMNS} characters`, () => {
    const root = join(packages, '..');
    const folders = ['packages', 'apps', 'benchmarks', 'tests'];
    const files = folders.flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/node_modules|\bdist\b/.test(file))
      .map((file) => join(folder, file)));
    expect(files.length).to.be.above(500);
    const long = files.flatMap((file) => readFileSync(join(root, file), 'utf8').split('\n')
      .flatMap((line, i) => (line.length > MAX_COLUMNS ? [`${file}:${i + 1}: ${line.length}`] : [])));
    expect(long).to.deep.equal([]);
  });

  const forbidden: readonly (readonly [what: string, pattern: RegExp, inComments: boolean])[] = [
    ['any', /(?<![.\w])any\b(?!\s*[(:])/, false],
    ['as unknown as', /\bas\s+unknown\s+as\b/, false],
    ['@ts-ignore and its like', /@ts-(?:ignore|nocheck|expect-error)/, true],
    ['state in global objects', /\b(?:globalThis|window|global)\.\w+\s*=[^=]/, false],
    ['an empty catch', /catch\s*(?:\([^)]*\))?\s*\{\s*\}/, true],
  ];
  for (const [what, pattern, inComments] of forbidden) {
    it(`no ${what}`, () => {
      expect(all.filter((file) => pattern.test(inComments ? read(file) : code(read(file))))).to.deep.equal([]);
    });
  }

  it('the patterns find what they look for', () => {
    const samples = ['let x: any = 1;', 'const f = (y: any[]): any => y;', 'x as unknown as string', '// @ts-ignore',
      'globalThis.x = 1', 'try { f(); } catch {}'];
    expect(samples.filter((text) => !forbidden.some(([, pattern]) => pattern.test(text)))).to.deep.equal([]);
    expect(forbidden[0][1].test(
      code("// any of them\nPromise.any([]); const s = 'any'; const many = `any ${1}`;"))).to.equal(false);
    const text =
      'import "a";\nimport b from "b";\nexport * from "c";\nawait import("d");\n// import "e"\n/* from "f" */';
    expect(imports(text)).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('sources speak of the project alone: no absolute paths, no host names of registries', () => {
    const wrong = all.filter((file) => /\/(?:work|root|home|tmp)\/\w|registry\.\w+\.\w+/.test(read(file)));
    expect(wrong).to.deep.equal([]);
  });

});
