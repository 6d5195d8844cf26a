/** A network namespace whose resolver never answers: what is sent there is lost, and nobody says so. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { programPath } from '../simulator/program-paths.ts';

const RESOLVER = '192.0.2.53';
/** Nobody has it, so the other end of the pair drops each packet. */
const UNUSED_MAC = '02:00:00:00:00:01';

/** Its name. It takes root and `ip`, and is gone when the test is over. */
export function hangingResolver(): string {
  const name = `conntrack-resolver-${process.pid}-${randomBytes(3).toString('hex')}`;
  const files = `/etc/netns/${name}`;
  const ip = (...args: string[]) => void execFileSync(programPath('ip')!, args, { stdio: 'pipe' });
  onTestFinished(() => {
    ip('netns', 'delete', name);
    rmSync(files, { recursive: true });
  });
  mkdirSync(files, { recursive: true });
  writeFileSync(`${files}/resolv.conf`, `nameserver ${RESOLVER}\n`);
  ip('netns', 'add', name);
  ip('-n', name, 'link', 'set', 'lo', 'up');
  ip('-n', name, 'link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far');
  ip('-n', name, 'address', 'add', '192.0.2.1/24', 'dev', 'near');
  for (const end of ['near', 'far']) ip('-n', name, 'link', 'set', end, 'up');
  ip('-n', name, 'neighbour', 'add', RESOLVER, 'lladdr', UNUSED_MAC, 'dev', 'near');
  return name;
}
