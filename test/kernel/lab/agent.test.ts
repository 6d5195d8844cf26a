import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { needs } from '../../needs.ts';
import { Agent } from './agent.ts';
import { fill } from './flood.ts';
import { labOfTest } from './lab-of-test.ts';

/** As much of the agent as the lab needs: a server on --web.socket that reads the kernel and ends on SIGTERM. */
const STAND_IN = `
  const path = process.argv.find((flag) => flag.startsWith('--web.socket=')).split('=')[1];
  require('http').createServer((asked, answer) => {
    console.log('asked for', asked.url);
    answer.end(require('fs').readFileSync('/proc/sys/net/netfilter/nf_conntrack_count'));
  }).listen(path);
  process.on('SIGTERM', () => process.exit(7));`;

describe('Agent', () => {
  it('runs in the namespace, answers over its unix socket and ends with its own exit code', async (context) => {
    needs(context, 'root', 'conntrack', 'ip', 'nft');
    const lab = await labOfTest();
    await fill(lab, 42);
    const agent = await Agent.start(lab, { program: await programOfTest(STAND_IN) });
    expect(await agent.get('/x')).toMatchObject({ status: 200, body: '42\n' });
    await agent.logged(/asked for \/x/);
    expect(await agent.stop()).toBe(7);
    expect(existsSync(agent.socketPath)).toBe(false);
  });

  it('fails to start with the last words of the program', async (context) => {
    needs(context, 'root', 'conntrack', 'ip', 'nft');
    const lab = await labOfTest();
    const program = await programOfTest(`console.error('a bad flag'); process.exit(2);`);
    await expect(Agent.start(lab, { program })).rejects.toThrow(/no answer on ".*agent\.sock".*\na bad flag$/s);
  });
});

async function programOfTest(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-lab-program-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'program.cjs'), text);
  return join(folder, 'program.cjs');
}
