import { describe, expect, it } from 'vitest';
import type { HeldConnection } from '../../../src/web/server/connection.ts';
import { connectionToEvict } from '../../../src/web/server/connection-guard.ts';

type Named = HeldConnection & { readonly name: string };

/** Words: proven, busy, scraper; how long it has been idle, and for a scraper how long it has been one. */
function connection(name: string, origin: string, words = '', idleMs = 0, scraperMs = 0): Named {
  return {
    name,
    origin,
    isProven: /proven|scraper/.test(words),
    isBusy: words.includes('busy'),
    scraperSinceMs: words.includes('scraper') ? 10_000 - scraperMs : undefined,
    idleSinceMs: 10_000 - idleMs,
  };
}

const LIMITS = { connections: 4, reserved: 1, scrapers: 2, scrapersPerOrigin: 1 };
const LIMITS_OF_SOCKET = { ...LIMITS, reserved: 0 };
const NONE = undefined;

describe('connectionToEvict()', () => {
  it.each<[sentence: string, held: Named[], newcomer: Named, evicted: string | undefined]>([
    ['closes none while there is room', [connection('a', 'A')], connection('new', 'A'), NONE],
    [
      'lets a newcomer from elsewhere have the reserved place',
      [connection('a1', 'A'), connection('a2', 'A'), connection('a3', 'A')],
      connection('new', 'B'),
      NONE,
    ],
    [
      'keeps one origin out of the reserved place, at its own cost',
      [connection('a1', 'A', '', 5), connection('a2', 'A', '', 9), connection('a3', 'A', '', 1)],
      connection('new', 'A'),
      'a2',
    ],
    [
      'takes from the origin that holds the most, though another has been idle for longer',
      [
        connection('s', 'S', 'proven', 9_000),
        connection('a1', 'A', '', 2),
        connection('a2', 'A', '', 1),
        connection('b', 'B'),
      ],
      connection('new', 'C'),
      'a1',
    ],
    [
      'counts the newcomer as its origin’s',
      [connection('a1', 'A'), connection('a2', 'A'), connection('b1', 'B', '', 5), connection('b2', 'B', '', 9)],
      connection('new', 'B'),
      'b2',
    ],
    [
      'closes what never brought an answer before what did, though that has been idle for longer',
      [connection('p', 'A', 'proven', 9_000), connection('u', 'A', '', 1), connection('q', 'A', 'proven', 8_000)],
      connection('new', 'A'),
      'u',
    ],
    [
      'closes the longest idle where all have brought answers',
      [connection('p', 'A', 'proven', 7), connection('q', 'A', 'proven', 9), connection('r', 'A', 'proven', 8)],
      connection('new', 'A'),
      'q',
    ],
    [
      'spares a connection at work, though it never brought an answer',
      [connection('w', 'A', 'busy', 9_000), connection('p', 'A', 'proven', 1), connection('x', 'A', 'busy', 8_000)],
      connection('new', 'A'),
      'p',
    ],
    [
      'spares another origin’s idle connection though all of the flood’s are at work',
      [
        connection('a1', 'A', 'busy', 1),
        connection('a2', 'A', 'busy', 2),
        connection('a3', 'A', 'busy proven', 9),
        connection('s', 'S', 'proven', 9_000),
      ],
      connection('new', 'A'),
      'a2',
    ],
    [
      'weighs all origins together when each holds as many',
      [
        connection('a', 'A', 'proven', 9),
        connection('b', 'B', '', 1),
        connection('c', 'C', 'busy', 9),
        connection('d', 'D', 'proven', 8),
      ],
      connection('new', 'E'),
      'b',
    ],
    [
      'keeps a scraper though all others of its origin came back later than it did',
      [connection('s', 'A', 'scraper', 9_000), connection('a1', 'A', 'proven', 1), connection('a2', 'A', 'proven', 2)],
      connection('new', 'A'),
      'a2',
    ],
    [
      'keeps a scraper though everybody else has another address',
      [
        connection('s', 'S', 'scraper', 9_000),
        connection('b', 'B', 'proven', 2),
        connection('c', 'C', 'proven', 3),
        connection('d', 'D', 'proven', 1),
      ],
      connection('new', 'E'),
      'c',
    ],
    [
      'keeps as many scrapers of one origin as it may have, those of longest standing',
      [
        connection('s1', 'A', 'scraper', 1, 5_000),
        connection('s2', 'A', 'scraper', 1, 9_000),
        connection('s3', 'A', 'scraper', 1, 6_000),
      ],
      connection('new', 'A'),
      's1',
    ],
    [
      'keeps as many scrapers as there may be in all',
      [
        connection('s1', 'A', 'scraper', 1, 5_000),
        connection('s2', 'B', 'scraper', 2, 9_000),
        connection('s3', 'C', 'scraper', 3, 6_000),
        connection('s4', 'D', 'scraper', 4, 4_000),
      ],
      connection('new', 'E'),
      's4',
    ],
  ])('%s', (_sentence, held, newcomer, evicted) => {
    expect(connectionToEvict(held, newcomer, LIMITS)?.name).toBe(evicted);
  });

  it('fills every place of a listener whose clients all share one origin and which reserves none', () => {
    const held = Array.from({ length: 3 }, (_, i) => connection(`c${i}`, 'socket'));
    expect(connectionToEvict(held, connection('new', 'socket'), LIMITS_OF_SOCKET)).toBeUndefined();
  });
});
