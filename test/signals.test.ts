/** The built program and the signals that end a process by default: none ends the agent without a line in its log. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeNode } from './fake-node.ts';
import { Program } from './program.ts';

const UNUSED = [
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGIO',
  'SIGPWR',
  'SIGSTKFLT',
  'SIGXCPU',
] as const satisfies NodeJS.Signals[];

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-signals-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function start(flags: readonly string[] = []): Promise<Program> {
  const node = await FakeNode.create({ entries: 5 });
  const own = [`--path.procfs=${node.procRoot}`, '--web.listen-address=127.0.0.1:0', '--web.socket='];
  const program = new Program([...own, ...flags]);
  onTestFinished(async () => {
    await program.stop();
    await node[Symbol.asyncDispose]();
  });
  return program;
}

const messages = ({ log }: Program) => log.map(({ msg }) => String(msg));
const users = (password: string) => `basic_auth_users:\n  alice: ${hashSync(password, 4)}\n`;
const statusOf = async (url: string, password: string) => {
  const authorization = `Basic ${Buffer.from(`alice:${password}`).toString('base64')}`;
  return (await fetch(`${url}/metrics`, { headers: { authorization } })).status;
};

/** Whether the process handles the signal, by the mask of proc_pid_status(5). */
function handles(pid: number, name: NodeJS.Signals): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]!;
  return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[name] - 1)) & 1n) === 1n;
}

describe('SIGHUP', () => {
  it('reads the web config again, at once, and logs the outcome in one line', async () => {
    const path = join(temporaryFolder(), 'web.yml');
    writeFileSync(path, users('old'));
    const program = await start([`--web.config.file=${path}`]);
    const url = await program.url();
    await program.logged(/^watching the table$/);
    writeFileSync(path, users('new'));
    program.signal('SIGHUP');
    await program.logged(/^All files were read again and are in force$/);
    expect([await statusOf(url, 'old'), await statusOf(url, 'new')]).toEqual([401, 200]);
  });

  it('keeps the last good files where one is bad, and names it', async () => {
    const path = join(temporaryFolder(), 'web.yml');
    writeFileSync(path, users('old'));
    const program = await start([`--web.config.file=${path}`]);
    const url = await program.url();
    await program.logged(/^watching the table$/);
    writeFileSync(path, 'basic_auth_users: 7\n');
    program.signal('SIGHUP');
    const line = await program.logged(/the files that were read before stay in force$/);
    expect(line).toMatchObject({ level: 'error', msg: expect.stringContaining(path) });
    expect(await statusOf(url, 'old')).toBe(200);
  });

  it('reads the secrets for Alertmanager again, and names the one that is missing', async () => {
    const path = join(temporaryFolder(), 'token');
    writeFileSync(path, 'secret');
    const program = await start(['--alertmanager.url=http://127.0.0.1:9', `--alertmanager.bearer-token-file=${path}`]);
    await program.logged(/^watching the table$/);
    rmSync(path);
    program.signal('SIGHUP');
    const { msg } = await program.logged(/the files that were read before stay in force$/);
    expect(msg).toContain(`Cannot read "${path}"`);
    writeFileSync(path, 'another');
    program.signal('SIGHUP');
    await program.logged(/^All files were read again and are in force$/);
  });

  it('is only logged where no file is read while the agent runs', async () => {
    const program = await start();
    await program.logged(/^watching the table$/);
    program.signal('SIGHUP');
    await program.logged(/^No file to read again: /);
  });

  it('waits while the agent starts', async () => {
    const program = await start();
    await expect.poll(() => handles(program.pid, 'SIGHUP'), { timeout: 10_000, interval: 1 }).toBe(true);
    program.signal('SIGHUP');
    await program.logged(/^No file to read again: /);
    expect(messages(program).indexOf('watching the table')).toBeGreaterThanOrEqual(0);
  });
});

describe('signals that the agent has no use for', () => {
  it('are logged by their names, and it keeps running', async () => {
    const program = await start();
    const url = await program.url();
    await program.logged(/^watching the table$/);
    for (const name of UNUSED) program.signal(name);
    const logged = () => program.log.filter(({ msg }) => /no use for$/.test(String(msg))).map(({ signal }) => signal);
    await expect.poll(() => logged().sort(), { timeout: 10_000 }).toEqual(UNUSED.toSorted());
    expect((await fetch(`${url}/-/healthy`)).status).toBe(200);
  });

  it('leave out none that the agent would end by', async () => {
    const program = await start();
    await program.logged(/^watching the table$/);
    // Those of a crash, those that cannot be handled, those that do not end a process, and V8's own: signal(7).
    const others = [
      'SIGKILL',
      'SIGSTOP',
      'SIGABRT',
      'SIGIOT',
      'SIGBUS',
      'SIGFPE',
      'SIGILL',
      'SIGSEGV',
      'SIGSYS',
      'SIGTRAP',
    ];
    const harmless = [
      'SIGCHLD',
      'SIGCONT',
      'SIGTSTP',
      'SIGTTIN',
      'SIGTTOU',
      'SIGURG',
      'SIGWINCH',
      'SIGPIPE',
      'SIGXFSZ',
    ];
    const names = Object.keys(constants.signals) as NodeJS.Signals[];
    const ending = names.filter((name) => ![...others, ...harmless, 'SIGPROF'].includes(name));
    expect(ending.filter((name) => !handles(program.pid, name))).toEqual([]);
  });
});

describe('signals that end the agent', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)('%s ends it with 0 and two lines in the log', async (name) => {
    const program = await start();
    await program.logged(/^watching the table$/);
    program.signal(name);
    expect((await program.exited).code).toBe(0);
    expect(program.log.at(-2)).toMatchObject({ msg: 'stopping', signal: name });
    expect(messages(program).at(-1)).toBe('stopped');
  });

  it('end it as one alone does when others follow, as SIGHUP does with SendSIGHUP= of systemd', async () => {
    const program = await start();
    await program.logged(/^watching the table$/);
    for (const name of ['SIGTERM', 'SIGHUP', 'SIGTERM', 'SIGINT', 'SIGUSR2'] as const) program.signal(name);
    await program.exited; // One that comes while Node itself ends gets its default again, and shows in the exit status alone.
    expect(messages(program)).toContain('stopping');
    expect(messages(program).at(-1)).toBe('stopped');
  });
});

describe('SIGHUP and a command that looks once', () => {
  it('ends it as it ends every other program', async () => {
    const node = await FakeNode.create({ entries: 5 });
    onTestFinished(() => node[Symbol.asyncDispose]());
    const program = new Program(['doctor', `--path.procfs=${node.procRoot}`, '--web.socket=']);
    await expect.poll(() => handles(program.pid, 'SIGUSR1'), { timeout: 10_000, interval: 1 }).toBe(true);
    program.signal('SIGHUP');
    expect((await program.exited).code).toBeNull();
  });
});
