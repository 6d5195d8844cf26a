import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { needs } from '../needs.ts';
import { reachableProgram } from '../reachable.ts';
import { load } from './flow-table.ts';
import { isWithinTwice } from './interval.ts';
import { keepFull, occupy } from './lab/flood.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { withLimit } from './lab/limit.ts';
import { ADDRESS, type Lab } from './lab/namespaces.ts';

const NOBODY = [
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  '--inh-caps=-all',
  '--bounding-set=-all',
];

async function examine(lab: Lab, wrapper: readonly string[] = []) {
  const [command = '', ...args] = [
    ...wrapper,
    process.execPath,
    reachableProgram(),
    'doctor',
    `--node.ip=${ADDRESS.node}`,
  ];
  const child = lab.spawnIn('node', command, args);
  return { code: (await child.exited).code, text: child.stdout };
}

describe('conntrack-agent doctor in a real namespace', () => {
  it('finds it well, then nearly full for root and for nobody alike, then full and losing packets', async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft', 'conntrack', 'setpriv');
    const lab = await labOfTest({ udpTimeoutSeconds: 30 });
    const well = await examine(lab);
    expect(well.code, well.text).toBe(0);

    await withLimit(3000, async () => {
      await occupy(lab, 2920); // Assured, so that the kernel does not evict them.
      const nearly = await examine(lab);
      expect(nearly.code).toBe(2);
      expect(nearly.text).toMatch(/CRITICAL {2}The table is nearly full\n +2,9\d\d of 3,000 entries/);
      const asNobody = await examine(lab, NOBODY);
      expect(asNobody.code).toBe(2);
      expect(asNobody.text).toContain('The table is nearly full');
      expect(asNobody.text).toContain('Nothing is being lost');

      const flood = keepFull(lab, 8000, { perSecond: 2000 });
      await sleep(2500);
      const full = await examine(lab, NOBODY);
      await flood;
      expect(full.code).toBe(2);
      expect(full.text).toMatch(/CRITICAL {2}Packets are dropped because the table is full\n +[\d,]+ in 3\.\d s/);
    });
  });
});

const FLOWS = 30_000;
const DAY = 86_400;
/** Of 432,000 s, the kernel's own timeout of established connections. */
const IDLE_FOR_TWO_DAYS = 432_000 - 2 * DAY;
const IDLE_FOR_A_MINUTE = 432_000 - 60;

/** So many established connections of one client, of which this part has been idle for two days. */
function connections(idleShare: number): string[] {
  return Array.from({ length: FLOWS }, (_, i) => {
    const left = i < idleShare * FLOWS ? IDLE_FOR_TWO_DAYS : IDLE_FOR_A_MINUTE;
    const ports = `--sport ${1024 + i} --dport 443 --state ESTABLISHED`;
    return `-I -t ${left} -u SEEN_REPLY,ASSURED -s 10.42.3.17 -d 10.96.0.20 -p tcp ${ports}\n`;
  });
}

/** What it says that a shorter timeout of established connections would free: entries, share and both ends of its interval. */
function estimateIn(text: string): number[] {
  const said =
    /5 days; 1 day would free about ([\d,]+) entries, ([\d.]+) % of the table \(between ([\d.]+) % and ([\d.]+) %\)/;
  return said
    .exec(text.replaceAll(/\s+/g, ' '))!
    .slice(1)
    .map((number) => Number(number.replaceAll(',', '')));
}

describe('the flow sample of conntrack-agent doctor', () => {
  it.for([0.7, 0.3])('tells how many entries a shorter timeout would free: %d of all', async (share, context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft', 'conntrack', 'setpriv');
    const lab = await labOfTest();
    await load(lab, connections(share));
    const { code, text } = await examine(lab);
    expect(code, text).toBe(1);
    expect(text).toContain('WARNING   Dead TCP connections are kept for long');
    const [entries, percent, low, high] = estimateIn(text) as [number, number, number, number];
    expect(Math.abs(entries - share * FLOWS)).toBeLessThan(0.03 * FLOWS);
    expect(Math.abs(percent - share * 100)).toBeLessThanOrEqual(3);
    expect(isWithinTwice({ low, high }, share * 100) && high - low <= 4).toBe(true);
    expect(text).toMatch(/Who holds the entries: clients 10\.42\.3\.17 \(100 %\); services\s+10\.96\.0\.20:443\/tcp/);
    expect(text).toContain('sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=86400\n');

    const asNobody = await examine(lab, NOBODY);
    const said = asNobody.text.replaceAll(/\s+/g, ' ');
    expect(said).toContain('how many entries that holds cannot be told');
    expect(said).toContain(
      'Who holds the entries was not asked: that takes CAP_NET_ADMIN: run as root, in a container',
    );
  });
});
