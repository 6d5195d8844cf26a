import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashSync } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { run } from '../../simulator/child.ts';
import { needs } from '../needs.ts';
import { Agent } from './lab/agent.ts';
import { samplesOf } from './lab/exposition.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { ADDRESS } from './lab/namespaces.ts';

const GUESSER = fileURLToPath(new URL('lab/guesser.ts', import.meta.url));
const GUESSERS = Array.from({ length: 12 }, (_, i) => `10.97.0.${10 + i}`);
const PORT = 10_098;
/** Each is new to the agent once. */
const CLIENTS = 5;
/** Of bcrypt: the least there is, and what most use. `GUESSED_COSTS=12,14` for others, of which 14 takes minutes. */
const COSTS = (process.env['GUESSED_COSTS'] ?? '4,10').split(',').map(Number);
/** Until each guesser has been told that it was wrong: one check at a time, and a pause after it. */
const GUESSED_MS = 300_000;

describe('an agent whose passwords are guessed from twelve addresses', () => {
  it.for(COSTS)(
    'lets each client in that is new and has the right password, at its first try, at a cost of %s',
    { timeout: 2 * GUESSED_MS },
    async (cost, context) => {
      needs(context, 'root', 'nf_conntrack', 'ip', 'nft', 'curl');
      const folder = mkdtempSync(join(tmpdir(), 'conntrack-guessing-'));
      context.onTestFinished(() => rmSync(folder, { recursive: true }));
      const users = Array.from({ length: CLIENTS }, (_, i) => `  user-${i}: ${hashSync(`password ${i}`, cost)}\n`);
      const file = join(folder, 'web.yml');
      writeFileSync(file, `basic_auth_users:\n${users.join('')}`);
      const lab = await labOfTest();
      for (const address of GUESSERS)
        await run('ip', ['-n', lab.nameOf('peer'), 'address', 'add', `${address}/24`, 'dev', 'lab0']);
      const agent = await Agent.start(lab, {
        flags: [`--web.listen-address=${ADDRESS.node}:${PORT}`, `--web.config.file=${file}`],
      });
      context.onTestFinished(async () => void (await agent.stop()));
      const args = ['--import', 'tsx', GUESSER, ADDRESS.node, String(PORT), 'user-0', ...GUESSERS];
      const guesser = lab.spawnIn('peer', process.execPath, args);
      for (const address of GUESSERS)
        await guesser.waitFor(new RegExp(`^${address} was told 401$`, 'm'), { timeoutMs: GUESSED_MS });

      const statuses: string[] = [];
      const startMs = performance.now();
      for (let i = 0; i < CLIENTS; i += 1) {
        const curl = [
          '-s',
          '-o',
          '/dev/null',
          '-w',
          '%{http_code}',
          '--interface',
          ADDRESS.peer,
          '-u',
          `user-${i}:password ${i}`,
        ];
        statuses.push(await lab.exec('peer', 'curl', [...curl, `http://${ADDRESS.node}:${PORT}/metrics`]));
      }
      const seconds = (performance.now() - startMs) / 1000;
      const { body } = await agent.get('/metrics');
      const lag = samplesOf(body).get('conntrack_agent_sample_lag_seconds')!;
      process.stdout.write(`cost ${cost}: ${(seconds / CLIENTS).toFixed(2)} s a client, samples up to ${lag} s late\n`);
      expect(statuses).toEqual(Array(CLIENTS).fill('200'));
    },
  );
});
