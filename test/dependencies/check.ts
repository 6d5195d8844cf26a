/**
 * `npm run dependencies:check [-- --sbom FILE]`: origin, licence and install script of every package, by the lock file alone; known
 * vulnerabilities of what is shipped, where the registry tells; with --sbom the list of what is shipped (CycloneDX).
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readLockFile, shippedIn, violationsIn } from './lock-file.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({ options: { sbom: { type: 'string' } } });
const print = (text: string) => void process.stdout.write(`${text}\n`);

function npm(...args: string[]): unknown {
  const { stdout } = spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}

type Audit = { readonly metadata?: { readonly vulnerabilities: Readonly<Record<string, number>> } };

/** Undefined where the registry does not answer such questions, as a mirror may not. */
function vulnerabilities(): number | undefined {
  const { metadata } = (npm('audit', '--omit=dev', '--json') ?? {}) as Audit;
  return metadata?.vulnerabilities['total'];
}

const lock = readLockFile(new URL('../../package-lock.json', import.meta.url));
const violations = violationsIn(lock);
process.stdout.on('error', () => undefined); // Whoever reads may have read enough.
for (const violation of violations) print(violation);
print(`${lock.size} packages, of which ${shippedIn(lock).size} are shipped: ${violations.length} violations`);
const known = vulnerabilities();
print(
  known === undefined
    ? 'vulnerabilities: not known, the registry does not tell'
    : `vulnerabilities of what is shipped: ${known}`,
);
if (values.sbom !== undefined) {
  const sbom = npm('sbom', '--sbom-format=cyclonedx', '--omit=dev', '--package-lock-only');
  if (sbom === undefined) throw new Error(`Cannot write "${values.sbom}": npm sbom tells nothing`);
  writeFileSync(values.sbom, `${JSON.stringify(sbom, undefined, 2)}\n`);
  print(`what is shipped is listed in ${values.sbom}`);
}
process.exitCode = violations.length > 0 || (known ?? 0) > 0 ? 1 : 0;
