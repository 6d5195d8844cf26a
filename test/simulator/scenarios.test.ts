import { describe, expect, it } from 'vitest';
import type { FleetNode } from '../../simulator/fleet-node.ts';
import { advance, offlineNodes } from '../../simulator/offline.ts';
import { SCENARIOS, type ScenarioAlert } from '../../simulator/scenarios.ts';

/** Until the latest alert of a scenario that is not a matter of Prometheus. */
const SECONDS = 1530;
/** What the overview page says is for a person who waits for it; the seed moves it by some samples. */
const TOLERANCE_SECONDS = 15;
const OF_PROMETHEUS = 'ConntrackAgentDown';

const alertsOf = (name: string): readonly ScenarioAlert[] =>
  SCENARIOS.find((scenario) => scenario.name === name)!.alerts.filter(({ alertname }) => alertname !== OF_PROMETHEUS);

/** When each alert of a node was first seen to fire, in seconds of its time. */
async function firstFiring(nodes: readonly FleetNode[]): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
  const seen = new Map(nodes.map(({ spec }) => [spec.scenario, new Map<string, number>()]));
  await advance(nodes, SECONDS, (second) => {
    for (const { spec, agent } of nodes) {
      const first = seen.get(spec.scenario)!;
      for (const { alertname } of agent?.status().alarms ?? []) if (!first.has(alertname)) first.set(alertname, second);
    }
  });
  return seen;
}

describe('SCENARIOS', () => {
  it('tell when an agent raises which alerts, and no others', { timeout: 120_000 }, async () => {
    const seen = await firstFiring(offlineNodes({ nodes: 12, seed: 1, sampleMs: 1000 }));
    for (const [scenario, first] of seen) {
      const expected = alertsOf(scenario).filter(({ afterSeconds }) => afterSeconds < SECONDS - TOLERANCE_SECONDS);
      expect([...first.keys()].sort(), scenario).toEqual(expected.map(({ alertname }) => alertname).sort());
      for (const { alertname, afterSeconds } of expected) {
        const off = Math.abs(first.get(alertname)! - afterSeconds);
        expect(off, `${scenario}: ${alertname} at ${first.get(alertname)}, said ${afterSeconds}`).toBeLessThanOrEqual(
          TOLERANCE_SECONDS,
        );
      }
    }
  });
});
