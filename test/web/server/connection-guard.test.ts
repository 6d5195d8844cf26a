import { describe, expect, it } from 'vitest';
import { RawConnection, sleep } from '../raw-connection.ts';
import { serve } from '../serving.ts';

const SCRAPER = '127.0.0.1';
const FLOODER = '127.0.0.2';
const POLL = { timeout: 5_000, interval: 20 };

/** Each address of 127.0.0.0/8 stands for a client of its own, as those of a network do. */
const BY_ADDRESS = { originOf: (address: string | undefined) => address ?? 'socket' };

/** Connections that never say a word, opened from one address. */
function flood(port: number, localAddress: string, count: number): Promise<RawConnection[]> {
  const open = () => RawConnection.open({ port, host: '127.0.0.1', localAddress });
  return Promise.all(Array.from({ length: count }, open));
}

function stillOpen(connections: readonly RawConnection[]): number {
  return connections.filter(({ socket }) => !socket.destroyed && !socket.readableEnded).length;
}

describe('ConnectionGuard', () => {
  it('keeps a scraper’s connection, and lets new ones in, while another address floods', async () => {
    const { port, lines } = await serve({}, BY_ADDRESS);
    const scraper = await RawConnection.open({ port, host: '127.0.0.1', localAddress: SCRAPER });
    expect(await scraper.get('/metrics')).toBe(200);
    const silent = await RawConnection.open({ port, host: '127.0.0.1', localAddress: SCRAPER });

    const flooding = await flood(port, FLOODER, 300);
    expect(await scraper.get('/metrics')).toBe(200);
    const another = await RawConnection.open({ port, host: '127.0.0.1', localAddress: SCRAPER });
    expect(await another.get('/metrics')).toBe(200);
    const more = await flood(port, FLOODER, 50);
    expect(await scraper.get('/metrics')).toBe(200);
    expect(await silent.get('/metrics')).toBe(200);

    // 128 less the 16 no single address can take.
    await expect.poll(() => stillOpen([...flooding, ...more]), POLL).toBe(112);
    const warnings = lines.filter(({ level }) => level === 'warn');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.fields).toMatchObject({ origin: FLOODER });
  });

  it('keeps a scraper’s connection while its own address floods, and lets a new scraper in', async () => {
    const { port } = await serve();
    const scraper = await RawConnection.open({ port, host: '127.0.0.1', localAddress: SCRAPER });
    expect(await scraper.get('/metrics')).toBe(200);
    await flood(port, SCRAPER, 300);
    expect(await scraper.get('/metrics')).toBe(200);
    const another = await RawConnection.open({ port, host: '127.0.0.1', localAddress: SCRAPER });
    expect(await another.get('/metrics')).toBe(200);
  });

  it('does not take a refused request for a sign that somebody will be back', async () => {
    const { port } = await serve();
    const prober = await RawConnection.open({ port, host: '127.0.0.1', localAddress: SCRAPER });
    expect(await prober.get('/admin')).toBe(404);
    await flood(port, SCRAPER, 150);
    await prober.closed;
  });

  it('holds no more than its limit though many addresses connect at once', async () => {
    const { port } = await serve({}, BY_ADDRESS);
    const crowd = await Promise.all(Array.from({ length: 200 }, (_, i) => flood(port, `127.0.1.${i + 1}`, 1)));
    await expect.poll(() => stillOpen(crowd.flat()), POLL).toBe(128);
  });

  it('takes all loopback addresses for one client', async () => {
    const { port } = await serve();
    const crowd = await Promise.all(Array.from({ length: 200 }, (_, i) => flood(port, `127.0.1.${i + 1}`, 1)));
    await expect.poll(() => stillOpen(crowd.flat()), POLL).toBe(112);
  });

  it('keeps the connection of a scraper that has come back at intervals, though 300 others of its address ask too', async () => {
    const { port } = await serve();
    const scraper = await RawConnection.open({ port, host: '127.0.0.1', localAddress: SCRAPER });
    for (let scrape = 0; scrape < 3; scrape += 1) {
      expect(await scraper.get('/metrics')).toBe(200);
      await sleep(1_050);
    }
    for (let round = 0; round < 3; round += 1) {
      const others = await flood(port, SCRAPER, 100);
      await Promise.all(others.map((other) => other.get('/metrics').catch(() => 0)));
    }
    expect(await scraper.get('/metrics')).toBe(200);
  });

  it('forgets connections that were closed', async () => {
    const { port, lines } = await serve();
    for (let round = 0; round < 5; round++) {
      const connections = await flood(port, FLOODER, 60);
      for (const { socket } of connections) socket.destroy();
      await sleep(50);
    }
    expect(lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });
});
