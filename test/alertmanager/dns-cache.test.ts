import { describe, expect, it } from 'vitest';
import { errorProblem } from '../../src/alertmanager/delivery-problem.ts';
import { DnsCache } from '../../src/alertmanager/dns-cache.ts';

const URL_OF = new URL('http://alertmanager.example:9093');

/** What `net.connect` would get from it. */
function outcomeOf(cache: DnsCache): Promise<unknown> {
  return new Promise((resolve) => {
    cache.lookup('alertmanager.example', { all: false }, (error, address) => resolve(error ?? address));
  });
}

describe('DnsCache', () => {
  it('passes the error of the resolver on with its code, which the remedy is chosen by', async () => {
    const cache = new DnsCache('alertmanager.example', () =>
      Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND alertmanager.example'), { code: 'ENOTFOUND' })),
    );
    await cache.refresh();
    expect(errorProblem((await outcomeOf(cache)) as Error, URL_OF)).toMatchObject({
      message: expect.stringMatching(/^the name is not known/),
      remedy: expect.stringContaining('Correct the host in --alertmanager.url'),
    });
  });

  it('keeps the addresses of the last lookup that went well', async () => {
    const answers = [
      () => Promise.resolve([{ address: '192.0.2.7', family: 4 }]),
      () => Promise.reject(new Error('x')),
    ];
    const cache = new DnsCache('alertmanager.example', () => answers.shift()!());
    await cache.refresh();
    await cache.refresh();
    expect(answers).toEqual([]);
    expect(await outcomeOf(cache)).toBe('192.0.2.7');
  });
});
