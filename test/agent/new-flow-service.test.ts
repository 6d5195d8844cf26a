import { describe, expect, it } from 'vitest';
import { NewFlowService } from '../../src/agent/new-flow-service.ts';
import type { CountedNewFlows } from '../../src/model/flows.ts';
import { OperatorError } from '../../src/model/operator-error.ts';
import { collectedLog } from '../web/collected-log.ts';

type Answer = number | Error;

/** A service whose windows end with these numbers of lost flows, or these problems. */
function serviceOf(answers: Answer[]) {
  const { log, lines } = collectedLog();
  const lengths: number[] = [];
  const emptyRanking = { top: [], otherPerSecond: 0 };
  const window = {
    async listen(forMs: number): Promise<CountedNewFlows> {
      lengths.push(forMs);
      const answer = answers.shift()!;
      if (answer instanceof Error) throw answer;
      const rate = { windowSeconds: 1, heard: 0, lost: answer, perSecond: 10_000, low: 0, high: 0 };
      return { newFlows: { ...rate, sources: emptyRanking, destinations: emptyRanking }, endedMs: 0 };
    },
  };
  return {
    service: new NewFlowService({ window, pattern: '* * * * * *', flowSample: () => undefined, log, clock: () => 0 }),
    lines,
    lengths,
  };
}

describe('NewFlowService', () => {
  it('listens for as long as the rate of the window before suggests, and adds up what was lost', async () => {
    const { service, lengths } = serviceOf([3, 4]);
    await service.run();
    await service.run();
    expect(lengths).toEqual([200, 200]);
    expect(service.lost).toBe(7);
  });

  it('has no rate after a window that failed, says why once, and says when it works again', async () => {
    const refused = () => new OperatorError('Cannot count new flows: nf_conntrack_events is 0', { remedy: 'Do' });
    const { service, lines } = serviceOf([0, refused(), refused(), 0]);
    for (let i = 0; i < 3; i += 1) await service.run();
    expect([service.last, service.failures, service.problem?.message]).toEqual([undefined, 2, refused().message]);
    await service.run();
    expect(service.last).toBeDefined();
    expect(service.problem).toBeUndefined();
    expect(lines.map(({ level }) => level)).toEqual(['error', 'info']);
  });
});
