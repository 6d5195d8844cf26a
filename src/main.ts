#!/usr/bin/env -S node --max-old-space-size=32 --max-semi-space-size=1 --no-concurrent-recompilation
/** Wires everything; alone touches the environment, signals, exit and the real clocks. */
import { hostname } from 'node:os';
import { ConfigError, parseConfig } from './config/parse-config.ts';
import { describeError } from './model/operator-error.ts';
import { visibleLine, visibleLines } from './model/text/visible-text.ts';

declare const BUILD_VERSION: string;
declare const BUILD_REVISION: string;

/** The build puts the page beside this file. */
const PAGE_FOLDER = new URL('./page/', import.meta.url);
const BUILD = { version: BUILD_VERSION, revision: BUILD_REVISION, nodeVersion: process.version };

/** The last line on stderr is the reason; Kubernetes keeps 2 kB of it as the termination message. */
const LAST_LINE_MAX = 2000;
const EXIT_USAGE = 2;
const PIPE_COLUMNS = 100;
/** How long a stopped agent may take to end by itself: with the time of web/server/listeners.ts less than 5 s. */
const ENDING_MS = 250;

/** Other commands load nothing of the agent: a probe runs this program every few seconds. */
async function run(argv: readonly string[]): Promise<void> {
  const invocation = parseConfig(argv, process.env, hostname());
  switch (invocation.command) {
    case 'help': {
      const { helpText } = await import('./config/help.ts');
      return print(helpText());
    }
    case 'version':
      return print(`conntrack-agent ${BUILD.version} (revision ${BUILD.revision}, Node ${BUILD.nodeVersion})`);
    case 'healthcheck':
    case 'readycheck': {
      const { healthcheck, HEALTHCHECK_TIMEOUT_MS } = await import('./cli/healthcheck.ts');
      const { exitCode, text } = await healthcheck(
        invocation.config.socketPath ?? '',
        HEALTHCHECK_TIMEOUT_MS,
        invocation.command === 'readycheck' ? 'ready' : 'healthy',
      );
      process.exitCode = exitCode;
      return print(visibleLine(text)); // It may be what a stranger on the socket has answered.
    }
    case 'flows':
      return runFlows(invocation);
    case 'doctor':
      return runDoctor(invocation);
    case 'serve':
      return runAgent(invocation);
  }
}

/** Monotonic: stands still while the machine sleeps and does not follow a stepped clock. */
const clock = () => performance.now();

type Configured = Extract<ReturnType<typeof parseConfig>, { config: unknown }>;

async function runFlows({ config, warnings }: Configured): Promise<void> {
  const { flows } = await import('./cli/flows/flows.ts');
  for (const warning of warnings) process.stderr.write(`${warning}\n`);
  const { stdout } = process;
  const stopping = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stopping.abort());
  stdout.on('error', () => stopping.abort()); // Whoever read us has had enough, as head does.
  const terminal = {
    write: (text: string) => void stdout.write(text),
    isInteractive: stdout.isTTY === true,
    get columns() {
      return stdout.columns ?? PIPE_COLUMNS;
    },
    get rows() {
      return stdout.rows ?? Number.POSITIVE_INFINITY;
    },
  };
  await flows(config, { clock, wallClock: Date.now, terminal, signal: stopping.signal });
}

async function runDoctor({ config, warnings }: Configured): Promise<void> {
  const { doctor } = await import('./cli/doctor/doctor.ts');
  const warn = (text: string) => process.stderr.write(`${text}\n`);
  for (const warning of warnings) warn(warning);
  const { exitCode, text } = await doctor(config, {
    clock,
    warn: (what, error) => warn(visibleLines(`${what}: ${describeError(error).message}`)),
    inColour: process.stdout.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb',
  });
  process.exitCode = exitCode;
  print(text);
}

/** Signals that end the agent. SIGQUIT would dump core: 200 MB of the node's disk, secrets included. */
const STOP_SIGNALS: readonly string[] = ['SIGTERM', 'SIGINT', 'SIGQUIT'] satisfies NodeJS.Signals[];
const RELOAD_SIGNAL = 'SIGHUP';
/**
 * Signals that would end a process that does not expect them, without a word in its log. Not among them: SIGPIPE and SIGXFSZ, which
 * Node ignores itself, SIGPROF, which V8's profiler uses, SIGKILL, and those of a crash.
 */
const UNUSED_SIGNALS = [
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGIO',
  'SIGPWR',
  'SIGSTKFLT',
  'SIGXCPU',
] as const satisfies NodeJS.Signals[];

type SignalHandler = (name: NodeJS.Signals) => void;

/** From now on no signal ends the process. Each waits for the first handler. */
function receiveSignals(): { handle(handler: SignalHandler): void } {
  const waiting: NodeJS.Signals[] = [];
  let receive: SignalHandler = (name) => void waiting.push(name);
  for (const name of [...STOP_SIGNALS, RELOAD_SIGNAL, ...UNUSED_SIGNALS])
    process.on(name as NodeJS.Signals, (signal) => receive(signal));
  return {
    handle(handler) {
      receive = handler;
      for (const name of waiting.splice(0)) handler(name);
    },
  };
}

async function runAgent({ config, warnings }: Configured): Promise<void> {
  // Before anything else: as PID 1 of a container a signal nobody waits for is ignored.
  const signals = receiveSignals();
  const { expectHeap } = await import('./agent/heap-check.ts');
  expectHeap();
  const [{ createLog, writerTo }, { standardError }, { serve }, { loadImmediateExit }] = await Promise.all([
    import('./agent/log.ts'),
    import('./system/standard-error.ts'),
    import('./agent/serve.ts'),
    import('./host/ctnetlink/libc.ts'),
  ]);
  const log = createLog({
    level: config.logLevel,
    format: config.logFormat,
    wallClock: Date.now,
    write: writerTo(standardError()),
  });
  for (const warning of warnings) log.warn({}, warning);
  const context = { log, build: BUILD, clock, wallClock: Date.now, pageFolder: PAGE_FOLDER };
  const running = await serve(config, context);
  log.info({ node: config.nodeName, version: BUILD.version, procfs: config.procRoot }, 'watching the table');
  const ignore = (name: string) => log.warn({ signal: name }, 'ignored a signal that the agent has no use for');
  const signal = await new Promise<string>((resolve) =>
    signals.handle((name) => {
      if (STOP_SIGNALS.includes(name)) resolve(name);
      else if (name === RELOAD_SIGNAL) running.reload();
      else ignore(name);
    }),
  );
  log.info({ signal }, 'stopping');
  // systemd may send SIGHUP right after SIGTERM (SendSIGHUP=), and an impatient person the same signal twice.
  signals.handle((name) => log.info({ signal: name }, 'ignored: the agent is stopping already'));
  await running.stop();
  signals.handle(() => undefined); // The last line says that it has stopped.
  log.info({}, 'stopped');
  // Something still keeps the process: a name lookup that hangs does so for 10 s and more for each server of resolv.conf.
  const endAtOnce = () => {
    try {
      loadImmediateExit()(0);
    } catch {
      process.exit(0); // koffi is optional: without it the end waits for the lookup.
    }
  };
  setTimeout(endAtOnce, ENDING_MS).unref();
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Bugs crash, and say why last. */
function fail(error: unknown): never {
  const { message, remedy } = describeError(error);
  const lines = error instanceof ConfigError || remedy !== undefined ? [message, remedy] : [stackOf(error), message];
  process.stderr.write(
    `${lines
      .filter((line) => line !== undefined)
      .map((line) => visibleLines(line).slice(0, LAST_LINE_MAX))
      .join('\n')}\n`,
  );
  process.exit(error instanceof ConfigError ? EXIT_USAGE : 1);
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}

// Else it has Node open its debugger on the loopback of the node, and whoever connects to that runs code as the agent.
process.on('SIGUSR1', () => undefined);
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
await run(process.argv.slice(2));
