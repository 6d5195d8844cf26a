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
  netlink: [],
  judge: [],
  host: ['netlink', GROUND],
  metrics: ['host types', 'judge types', GROUND],
  pager: ['judge types', GROUND],
  http: ['metrics', 'judge types', GROUND],
  cli: ['netlink', 'judge', 'host', 'metrics', 'pager', 'http', GROUND],
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

const codeOf = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

describe('the floors of src', () => {
  it.each(sources.filter(({ path }) => path !== 'main.ts'))('are kept by $path', ({ path, text }) => {
    const floor = floorOf(path);
    expect(Object.keys(FLOORS)).toContain(floor);
    const allowed = [floor, ...FLOORS[floor]!];
    for (const imported of floorsImportedBy({ path, text })) {
      expect(allowed.flatMap((name) => [name, `${name} types`])).toContain(imported);
    }
  });

  it('would be seen to be broken', () => {
    expect(floorsImportedBy({ path: 'judge/x.ts', text: "import { a } from '../host/y.ts';\n" })).toEqual(['host']);
    expect(floorsImportedBy({ path: 'judge/x.ts', text: "import type { A } from './y.ts';\n" })).toEqual([
      'judge types',
    ]);
    expect(floorsImportedBy({ path: 'http/x.ts', text: "const a = await import('../cli/y.ts');\n" })).toEqual(['cli']);
    expect(floorsImportedBy({ path: 'http/x.ts', text: "import {\n  a,\n} from '../operator-error.ts';\n" })).toEqual([
      GROUND,
    ]);
  });
});

describe('src', () => {
  it.each(sources)('$path starts no process', ({ text }) => {
    expect(text).not.toMatch(/child_process|worker_threads|node:cluster/);
  });

  it.each(sources)('$path leaves environment, exit and signals to main.ts', ({ path, text }) => {
    if (path !== 'main.ts') expect(codeOf(text)).not.toMatch(/process\.(env|exit|exitCode|once|on|kill)\b/);
  });

  it.each(sources)('$path has no clock but the one it is handed', ({ path, text }) => {
    if (path !== 'main.ts' && path !== 'cli/agent.ts')
      expect(codeOf(text)).not.toMatch(/Date\.now|new Date\(\)|performance\.now|hrtime/);
  });

  it.each(sources.filter(({ path }) => path.startsWith('judge/')))(
    '$path decides and does nothing else',
    ({ text }) => {
      expect(codeOf(text)).not.toMatch(/Date\b|Math\.random|console|setTimeout|setInterval|process\./);
    },
  );

  it.each(sources)('$path fits on two screens', ({ text }) => {
    expect(text.split('\n').length).toBeLessThanOrEqual(200);
  });

  it('has a line in ARCHITECTURE.md for each file', () => {
    const architecture = readFileSync(join(SRC, '../ARCHITECTURE.md'), 'utf8');
    const described = sources.filter(({ path }) => !architecture.includes(`\`${path}\``)).map(({ path }) => path);
    expect(described).toEqual([]);
  });
});
