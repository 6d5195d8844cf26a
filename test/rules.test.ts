import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Files of src itself, but for main.ts: what an operator is told, and how. They import one another and packages. */
const GROUND = 'ground';

/** Each floor and the floors it may import. Nothing points upwards. A floor marked `types` may import only those. */
const FLOORS: Record<string, readonly string[]> = {
  [GROUND]: [],
  model: [],
  netlink: ['model'],
  judge: ['model'],
  host: ['netlink', 'model', GROUND],
  metrics: ['model', 'host types', 'judge types', GROUND],
  pager: ['model', GROUND],
  view: ['model', 'judge'],
  page: ['model', 'judge', 'view'],
  http: ['metrics', 'model', 'judge types', 'view', GROUND],
  cli: ['netlink', 'model', 'judge', 'host', 'metrics', 'pager', 'http', 'view types', GROUND],
};

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, text: readFileSync(join(SRC, path), 'utf8') }));

function floorOf(path: string): string {
  return path.includes('/') ? path.split('/')[0]! : GROUND;
}

/** Floors that `path` imports; with " types" where the whole import is of types. */
function floorsImportedBy({ path, text }: { path: string; text: string }): string[] {
  const imports = text.matchAll(/^(?:import|export) (type )?[^;]*?from '(\.[^']+)'|import\('(\.[^']+)'\)/gm);
  return Array.from(imports, ([, isType, from, dynamic]) => {
    const target = relative(SRC, join(SRC, path, '..', from ?? dynamic!));
    return `${floorOf(target)}${isType ? ' types' : ''}`;
  });
}

/** The floor that the browser gets has a clock of its own. */
const runsInBrowser = (path: string) => path.startsWith('page/');

const codeOf = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

/** Paths of the sources that `offends` finds fault with. */
const offenders = (offends: (source: { path: string; code: string }) => boolean) =>
  sources.filter(({ path, text }) => offends({ path, code: codeOf(text) })).map(({ path }) => path);

describe('the floors of src', () => {
  it('import only what lies below them', () => {
    const upward = sources.flatMap(({ path, text }) => {
      if (path === 'main.ts') return [];
      const floor = floorOf(path);
      const allowed = [floor, ...(FLOORS[floor] ?? [])].flatMap((name) => [name, `${name} types`]);
      return floorsImportedBy({ path, text }).flatMap((name) =>
        allowed.includes(name) ? [] : [`${path} imports ${name}`],
      );
    });
    expect(upward).toEqual([]);
  });

  it('would be seen to be broken', () => {
    const importsOf = (path: string, text: string) => floorsImportedBy({ path, text });
    expect(importsOf('judge/x.ts', "import { a } from '../host/y.ts';\n")).toEqual(['host']);
    expect(importsOf('judge/x.ts', "import type { A } from './y.ts';\n")).toEqual(['judge types']);
    expect(importsOf('http/x.ts', "const a = await import('../cli/y.ts');\n")).toEqual(['cli']);
    expect(importsOf('http/x.ts', "import {\n  a,\n} from '../operator-error.ts';\n")).toEqual([GROUND]);
  });
});

describe('src', () => {
  it('starts no process and no thread', () => {
    expect(offenders(({ code }) => /child_process|worker_threads|node:cluster/.test(code))).toEqual([]);
  });

  it('leaves environment, exit and signals to main.ts', () => {
    expect(offenders(({ code }) => /process\.(env|exit|exitCode|once|on|kill)\b/.test(code))).toEqual(['main.ts']);
  });

  it('opens a file to read it in one place, where neither a FIFO nor an endless file stops the agent', () => {
    expect(offenders(({ code }) => /\b(readFile|readFileSync|openSync|createReadStream)\(/.test(code))).toEqual([
      'regular-file.ts',
      'standard-error.ts',
    ]);
  });

  it('leaves the wall clock to main.ts, and the monotonic one to the agent and to the idle times of connections', () => {
    expect(offenders(({ code }) => /Date\.now|new Date\(\)/.test(code))).toEqual(['main.ts']);
    const monotonic = offenders(({ path, code }) => !runsInBrowser(path) && /performance\.now|hrtime/.test(code));
    expect(monotonic.sort()).toEqual(['cli/agent.ts', 'http/connection-guard.ts']);
  });

  it('keeps values in src/model, decides in src/judge, words it in src/view, and does nothing else there', () => {
    const acts = /\bDate\b|Math\.random|console|setTimeout|setInterval|process\.|document\b|window\b/;
    expect(offenders(({ path, code }) => /^(model|judge|view)\//.test(path) && acts.test(code))).toEqual([]);
  });

  it('makes no markup out of text in the browser', () => {
    const markup = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTML|\beval\b|new Function/;
    expect(offenders(({ path, code }) => runsInBrowser(path) && markup.test(code))).toEqual([]);
  });

  it('has no file of more than 250 lines', () => {
    expect(offenders(({ code }) => code.split('\n').length > 250)).toEqual([]);
  });

  it('has a line in ARCHITECTURE.md for each file', () => {
    const architecture = readFileSync(join(SRC, '../ARCHITECTURE.md'), 'utf8');
    expect(offenders(({ path }) => !architecture.includes(`\`${path}\``))).toEqual([]);
  });
});
