// Everything `npm test` does: packages, types, lint and format, then every test this machine allows. The last line is the count.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle, installIfMissing } from '../build.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const REPORT = join(ROOT, '.report', 'vitest.json');

installIfMissing();
await bundle();
rmSync(REPORT, { force: true });
mkdirSync(dirname(REPORT), { recursive: true });

const broken = [
  ['types', 'tsc', '-p', 'tsconfig.json'],
  ['types of the page', 'tsc', '-p', 'src/web/browser/tsconfig.json'],
  ['lint and format', 'biome', 'check', '.'],
]
  .filter(([, command, ...args]) => run(command, args) !== 0)
  .map(([name]) => name);

const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`];
const testsExit = run('vitest', ['run', ...reporters, ...process.argv.slice(2)]);
const { passed, failed, skipped } = countOf(readReport());
for (const name of broken) console.log(`failed: ${name}`);
const failures = failed + broken.length + (testsExit !== 0 && failed === 0 ? 1 : 0);
console.log(`${passed} passed, ${failures} failed, ${skipped} skipped`);
process.exitCode = failures === 0 && passed > 0 ? 0 : 1;

function run(command, args) {
  console.log(`> ${command} ${args.join(' ')}`);
  return spawnSync(join(ROOT, 'node_modules', '.bin', command), args, { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
}

function readReport() {
  try {
    return JSON.parse(readFileSync(REPORT, 'utf8'));
  } catch (cause) {
    console.error(`Cannot read the test report "${REPORT}": ${cause.message}`);
    return { testResults: [] };
  }
}

/** A file that fails to load has no assertions but is a failure all the same. */
function countOf(report) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const file of report.testResults) {
    if (file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed')) count.failed++;
    for (const { status } of file.assertionResults) count[status in count ? status : 'skipped']++;
  }
  return count;
}
