import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DASHBOARDS } from '../../dashboards/generate.ts';

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const GOLDEN = readdirSync(file('test/golden')).filter((name) => name.endsWith('.prom'));

/**
 * Most series of a node without a flow sample: what 5,000 nodes cost their Prometheus is mostly this. Each alarm that every node can
 * judge has two of them, and each cause of drops one: a page for a full table must not be one for a lack of memory.
 */
const MOST = 88;

/** Families that no alert and no panel uses, each with its reason to be exported all the same. */
const UNUSED: Readonly<Record<string, string>> = {
  conntrack_drops_total: 'the kernel counter that others export; what is made of it is an estimate',
  conntrack_insert_failures_total: 'all causes together: a kernel counter, where the split by cause is an estimate',
  conntrack_agent_alertmanager_connected:
    'for an alert of your own: without an open connection no alert leaves while the table is full',
  conntrack_agent_heap_limit_bytes: 'the ceiling that the resident memory is held against when it grows',
  conntrack_agent_samples_total: 'shows at which pace the agent samples',
  process_open_fds: 'alerts on processes in general use these two',
  process_max_fds: 'alerts on processes in general use these two',
};

const seriesOf = (name: string) =>
  readFileSync(file(`test/golden/${name}`), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

const familyOf = (series: string) => /^\w+/.exec(series)![0].replace(/_(bucket|sum|count)$/, '');

describe('the series of a node', () => {
  it.each(GOLDEN)(`are at most ${MOST}: %s`, (name) => {
    expect(seriesOf(name).length).toBeLessThanOrEqual(MOST);
  });

  it('are used by an alert or a panel, or have another reason', () => {
    const uses = [readFileSync(file('alerts/conntrack.rules.yaml'), 'utf8'), ...DASHBOARDS.map(({ json }) => json())];
    const families = new Set(GOLDEN.flatMap(seriesOf).map(familyOf));
    const unused = [...families].filter((family) => !uses.some((text) => text.includes(family)));
    expect(unused.sort()).toEqual(Object.keys(UNUSED).sort());
  });
});
