import { describe, expect, it } from 'vitest';
import { type DatedAnswer, ServerClock } from '../../src/alertmanager/server-clock.ts';

const NOON_MS = Date.UTC(2026, 10, 24, 12);
const MINUTE_MS = 60_000;

/** A node whose wall clock is off by so much, with Alertmanager's right; the monotonic clock began at noon. */
class Node {
  nowMs = 0;
  offMs: number;
  readonly serverClock: ServerClock;

  constructor(offMs: number) {
    this.offMs = offMs;
    const [clock, wallClock] = [() => this.nowMs, () => NOON_MS + this.nowMs + this.offMs];
    this.serverClock = new ServerClock({ clock, wallClock });
  }

  /** An answer that was so long on its way there and back; `Date` holds whole seconds. */
  exchange({ thereMs = 1, backMs = 1 } = {}): void {
    const sentMs = this.nowMs;
    const dateMs = Math.floor((NOON_MS + sentMs + thereMs) / 1000) * 1000;
    this.nowMs += thereMs + backMs;
    this.serverClock.measure({ dateMs, sentMs, receivedMs: this.nowMs } satisfies DatedAnswer);
  }

  /** How wrong the times are that Alertmanager is told. */
  get errorMs(): number {
    return this.serverClock.wallMsAt(this.nowMs) - (NOON_MS + this.nowMs);
  }
}

function nodeAfter(offMs: number, ...exchanges: Parameters<Node['exchange']>[0][]): Node {
  const node = new Node(offMs);
  for (const exchange of exchanges) {
    node.nowMs += 8321;
    node.exchange(exchange);
  }
  return node;
}

describe('ServerClock', () => {
  it('is the clock of the node before the first answer', () => {
    const node = nodeAfter(-10 * MINUTE_MS);
    expect([node.errorMs, node.serverClock.offsetMs]).toEqual([-10 * MINUTE_MS, 0]);
  });

  it('is exactly the clock of the node where that is right', () => {
    const node = nodeAfter(0, {}, {}, { backMs: 4000 }, {});
    expect([node.errorMs, node.serverClock.offsetMs]).toEqual([0, 0]);
  });

  it.each([-60, -10, -2, 2, 10, 60])('is right within a second where the node is off by %d minutes', (minutes) => {
    const node = nodeAfter(minutes * MINUTE_MS, {}, {});
    expect(Math.abs(node.errorMs)).toBeLessThanOrEqual(1000);
    expect(node.serverClock.offsetMs).toBeCloseTo(-minutes * MINUTE_MS, -4);
  });

  it.each([
    ['there', { thereMs: 4900 }],
    ['back', { backMs: 4900 }],
  ])('is off by no more than half of the way %s, and not for longer than until the next answer', (_way, slow) => {
    const node = nodeAfter(10 * MINUTE_MS, slow);
    expect(Math.abs(node.errorMs)).toBeLessThanOrEqual(3000);
    node.nowMs += 8321;
    node.exchange();
    expect(Math.abs(node.errorMs)).toBeLessThanOrEqual(1000);
  });

  it('is not moved by an answer that was slow', () => {
    const node = nodeAfter(10 * MINUTE_MS, {}, {});
    const { errorMs } = node;
    node.exchange({ thereMs: 4900 });
    node.exchange({ backMs: 4900 });
    expect(node.errorMs).toBe(errorMs);
  });

  it('stands still when the clock of the node is put right, and then says that it is', () => {
    const node = nodeAfter(-10 * MINUTE_MS, {}, {});
    node.offMs = 0;
    expect(Math.abs(node.errorMs)).toBeLessThanOrEqual(1000);
    node.exchange();
    expect(Math.abs(node.errorMs)).toBeLessThanOrEqual(1000);
    expect(Math.abs(node.serverClock.offsetMs)).toBeLessThanOrEqual(1000);
  });

  it.each([-60, -0.01, -0.005, 0, 0.005, 0.01, 60])(
    'never takes for past what is not, and little else: off by %d minutes',
    (minutes) => {
      const node = nodeAfter(minutes * MINUTE_MS);
      for (let answers = 0; answers < 100; answers += 1) {
        node.nowMs += 8321;
        node.exchange({ thereMs: answers, backMs: 100 - answers });
        const aheadMs = node.serverClock.surelyPastMsAt(node.nowMs) - (NOON_MS + node.nowMs);
        expect(aheadMs).toBeLessThanOrEqual(0);
        expect(aheadMs).toBeGreaterThan(-1200);
      }
    },
  );

  it('does not move what is posted by less than a second', () => {
    const node = nodeAfter(-10 * MINUTE_MS, {});
    const { offsetMs } = node.serverClock;
    for (let answers = 0; answers < 100; answers += 1) {
      node.nowMs += 8321;
      node.exchange({ thereMs: answers, backMs: 100 - answers });
      expect(node.serverClock.offsetMs).toBe(offsetMs);
    }
  });
});
