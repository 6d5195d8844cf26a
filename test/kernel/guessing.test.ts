import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashSync } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { needs } from '../needs.ts';
import { Agent } from './lab/agent.ts';
import { run } from './lab/child.ts';
import { labOfTest } from './lab/lab-of-test.ts';
import { ADDRESS } from './lab/namespaces.ts';

const GUESSER = fileURLToPath(new URL('lab/guesser.ts', import.meta.url));
const GUESSERS = Array.from({ length: 12 }, (_, i) => `10.97.0.${10 + i}`);
const PORT = 10_098;
/** Each is new to the agent once. */
const CLIENTS = 10;
const COST = 10;

describe('an agent whose passwords are guessed from twelve addresses', () => {
  it('lets each client in that is new and has the right password, at its first try', async (context) => {
    needs(context, 'root', 'nf_conntrack', 'ip', 'nft', 'curl');
    const folder = mkdtempSync(join(tmpdir(), 'conntrack-guessing-'));
    context.onTestFinished(() => rmSync(folder, { recursive: true }));
    const users = Array.from({ length: CLIENTS }, (_, i) => `  user-${i}: ${hashSync(`password ${i}`, COST)}\n`);
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
      await guesser.waitFor(new RegExp(`^${address} was told 401$`, 'm'), { timeoutMs: 60_000 });

    const statuses: string[] = [];
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
    expect(statuses).toEqual(Array(CLIENTS).fill('200'));
  });
});
