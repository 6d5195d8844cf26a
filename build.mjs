// Makes dist/ from src/, and installs the packages first when they are missing: a fresh clone needs Node and npm only.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const ROOT = dirname(fileURLToPath(import.meta.url));

/** `npm ci` unless node_modules already holds what package-lock.json names. */
export function installIfMissing() {
  const installed = join(ROOT, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && sameVersions(installed, join(ROOT, 'package-lock.json'))) return;
  execFileSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], { cwd: ROOT, stdio: 'inherit' });
}

function sameVersions(installedFile, lockFile) {
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

/**
 * What libraries bring along and the agent never uses: it takes no body and serves no file, so body-parser's character
 * tables and send's media types are dead weight, and of prom-client it needs neither clusters, nor pushing, nor summaries.
 * Four fifths of the bundle, and 10 MB of memory.
 */
const UNUSED = /^(body-parser|mime-db|@opentelemetry\/api|\.\/lib\/(cluster|pushgateway|summary|defaultMetrics))$/;

const WITHOUT_UNUSED = {
  name: 'without-unused',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: UNUSED }, ({ path, importer }) => {
      const isOurs = !path.startsWith('.') || importer.includes('prom-client');
      return isOurs ? { path, namespace: 'unused' } : undefined;
    });
    onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/**
 * bcryptjs gives way to others every 100 ms, which is as often as the table is sampled, and has no setting for it. In the
 * bundle it does so every 5 ms: a password check then takes a few milliseconds longer and delays no sample.
 */
const WITH_SHORT_SLICES = {
  name: 'with-short-slices',
  setup({ onLoad }) {
    onLoad({ filter: /node_modules\/bcryptjs\/index\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const contents = text.replace(/^var MAX_EXECUTION_TIME = 100;$/m, 'var MAX_EXECUTION_TIME = 5;');
      if (contents === text) throw new Error(`Cannot shorten the slices of "${path}": no MAX_EXECUTION_TIME of 100`);
      return { contents };
    });
  },
};

/** Bundles the agent; koffi stays outside because it carries a native library. */
export async function bundle() {
  const { build } = await import('esbuild');
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints: { 'conntrack-agent': 'src/main.ts' },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    minify: true,
    keepNames: false,
    sourcemap: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['koffi'],
    plugins: [WITHOUT_UNUSED, WITH_SHORT_SLICES],
    legalComments: 'linked',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    define: { BUILD_VERSION: JSON.stringify(version()), BUILD_REVISION: JSON.stringify(revision()) },
  });
  chmodSync(join(ROOT, 'dist', 'conntrack-agent.js'), 0o755);
  await bundleProbe(build);
  await bundlePage(build);
}

/** CommonJS, and one file: both save time at each start. */
async function bundleProbe(build) {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { probe: 'src/probe.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
  });
}

/** Its license asks for it wherever a copy is, and its own comment is not one that bundling keeps. */
const UPLOT_NOTICE = '/*! uPlot, Copyright (c) Leon Sorokin, MIT License, https://github.com/leeoniya/uPlot */';

/** What the browser gets, compressed as it is sent. */
async function bundlePage(build) {
  const folder = join(ROOT, 'dist', 'page');
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: { page: 'src/web/browser/main.ts', style: 'src/web/browser/page.css' },
    outdir: folder,
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome109', 'firefox115', 'safari16'],
    banner: { js: UPLOT_NOTICE },
  });
  mkdirSync(folder, { recursive: true });
  for (const { path, contents } of outputFiles) pack(path, contents);
  pack(join(folder, 'icon.svg'), readFileSync(join(ROOT, 'src', 'web', 'browser', 'icon.svg')));
}

/** `page.js` as `page-<hash>.js.gz`: whoever has a file of that name need never ask for it again. */
function pack(path, bytes) {
  const packed = gzipSync(bytes, { level: 9 });
  const hash = createHash('sha256').update(packed).digest('hex').slice(0, 10);
  writeFileSync(`${path.replace(/(\.\w+)$/, `-${hash}$1`)}.gz`, packed);
}

function version() {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version;
}

/** The commit the bundle was made from; an image build has no .git and passes it in. */
function revision() {
  if (process.env.BUILD_REVISION) return process.env.BUILD_REVISION;
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return 'unknown';
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  installIfMissing();
  await bundle();
}
