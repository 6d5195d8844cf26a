import { describe, expect, it } from 'vitest';
import { FlowSampleRunner, type NodeLoad } from '../../src/agent/flow-sample-runner.ts';
import type { TakenFlowSample } from '../../src/model/flows.ts';
import { OperatorError } from '../../src/model/operator-error.ts';
import { flowSampleOf, ten } from '../analysis/flows/counted-flows.ts';
import { collectedLog } from '../web/collected-log.ts';

const IDLE: NodeLoad = { loopLagMs: 0, memoryAvailable: 0.5 };

function takenAt(endedMs: number): TakenFlowSample {
  return {
    flowSample: flowSampleOf([{ source: ten(0, 0, 1) }]),
    limit: 10,
    unlisted: 0,
    durationSeconds: 0.1,
    endedMs,
  };
}

function runnerOf(take: (signal?: AbortSignal) => Promise<TakenFlowSample>, strain: () => NodeLoad = () => IDLE) {
  const { log, lines } = collectedLog();
  return {
    runner: new FlowSampleRunner({
      sampler: { take },
      pattern: '* * * * * *',
      strain: async () => strain(),
      log,
      clock: () => 0,
    }),
    lines,
  };
}

describe('FlowSampleRunner', () => {
  it('keeps the latest flow sample', async () => {
    let taken = 0;
    const { runner } = runnerOf(async () => takenAt(++taken));
    expect(runner.last).toBeUndefined();
    await runner.run();
    await runner.run();
    expect(runner.last?.endedMs).toBe(2);
  });

  it('tells of a failure once, keeps the flow sample before, and tells when it is over', async () => {
    let mode = 'works';
    const { runner, lines } = runnerOf(async () => {
      if (mode === 'works') return takenAt(1);
      throw new OperatorError('Cannot list flows from "ctnetlink": no', { remedy: 'Do this' });
    });
    await runner.run();
    mode = 'fails';
    await runner.run();
    await runner.run();
    expect(runner.last?.endedMs).toBe(1);
    expect(runner.failures).toBe(2);
    expect(runner.problem?.message).toBe('Cannot list flows from "ctnetlink": no');
    mode = 'works';
    await runner.run();
    expect(runner.problem).toBeUndefined();
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'error the flow sample failed, and all else goes on: Cannot list flows from "ctnetlink": no',
      'info the flow sample works again',
    ]);
  });

  it('takes one at a time and counts those it turned away', async () => {
    let finish: (() => void) | undefined;
    const { runner } = runnerOf(async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return takenAt(1);
    });
    const first = runner.run();
    await runner.run();
    finish?.();
    await first;
    expect(Object.fromEntries(runner.skipped)).toEqual({ running: 1, late: 0, memory: 0 });
  });

  it.each([
    ['late', { loopLagMs: 500, memoryAvailable: 0.5 }],
    ['memory', { loopLagMs: 0, memoryAvailable: 0.01 }],
  ] as const)('takes none while the node is strained: %s', async (reason, strain) => {
    const { runner } = runnerOf(
      async () => takenAt(1),
      () => strain,
    );
    await runner.run();
    expect(runner.last).toBeUndefined();
    expect(runner.skipped.get(reason)).toBe(1);
  });

  it('ends a flow sample that is under way when it is stopped, without a complaint', async () => {
    const { runner, lines } = runnerOf(async (signal) => {
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      return takenAt(1);
    });
    const running = runner.run();
    await new Promise((resolve) => setImmediate(resolve));
    runner.stop();
    await running;
    expect(lines).toEqual([]);
    expect(runner.failures).toBe(0);
  });
});
