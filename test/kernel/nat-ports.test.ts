import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { needs } from '../needs.ts';
import { reachableProgram } from '../reachable.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import type { Lab } from './lab/namespaces.ts';

const [NAT, SERVER] = ['198.51.100.7', '192.0.2.10'];

/** Entries as conntrack -R reads them: translated flows to one service, from that port on. */
function entries({
  count,
  from,
  zone = 0,
  state = 'ESTABLISHED',
}: Record<'count' | 'from', number> & { zone?: number; state?: string }) {
  return Array.from({ length: count }, (_, i) => {
    const flow = `-p tcp -s 10.128.0.5 -d ${SERVER} --sport ${from + i} --dport 443 -n ${NAT}`;
    return `-A ${flow} --state ${state} -t 600 -u SEEN_REPLY,ASSURED${zone === 0 ? '' : ` -w ${zone}`}`;
  });
}

/** The NAT ports that `flows --json` lists for the service. */
async function snatPortsOf(lab: Lab, lines: readonly string[]): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-nat-ports-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'entries');
  writeFileSync(file, `${lines.join('\n')}\n`);
  await lab.exec('node', 'conntrack', ['-R', file]);
  const child = lab.spawnIn('node', process.execPath, [reachableProgram(), 'flows', '--json']);
  await child.exited;
  return (JSON.parse(child.stdout) as { snatPorts: unknown }).snatPorts;
}

const NEEDS = ['root', 'nf_conntrack', 'ip', 'nft', 'conntrack'] as const;

describe('ports of source NAT on the real kernel', () => {
  it('are counted in each conntrack zone, with those of the fullest shown', async (context) => {
    needs(context, ...NEEDS);
    const lines = [
      ...entries({ count: 30, from: 2000 }),
      ...entries({ count: 40, from: 2000, zone: 5 }),
      ...entries({ count: 20, from: 2000, zone: 7 }),
    ];
    expect(await snatPortsOf(await labOfTest(), lines)).toMatchObject([
      { address: NAT, destination: SERVER, used: 40 },
    ]);
  });

  it('are not in use while in TIME_WAIT, since this kernel gives them to new connections', async (context) => {
    needs(context, ...NEEDS);
    const lines = [...entries({ count: 25, from: 2000 }), ...entries({ count: 60, from: 3000, state: 'TIME_WAIT' })];
    expect(await snatPortsOf(await labOfTest(), lines)).toMatchObject([{ used: 25, timeWait: 60 }]);
  });
});
