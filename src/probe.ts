/**
 * The program of the image's probes, which run all day on every node. As CommonJS in one file it takes a tenth more CPU than a
 * Node that does nothing; through Node's loader of ES modules it would be half as much again. Whatever is not a probe, and what
 * is wrong with its flags, is left to main.ts.
 */
import { hostname } from 'node:os';
import { HEALTHCHECK_TIMEOUT_MS, healthcheck } from './cli/healthcheck.ts';
import { type Invocation, parseConfig } from './config/parse-config.ts';
import { visibleLine } from './model/text/visible-text.ts';

const QUESTIONS = { healthcheck: 'healthy', readycheck: 'ready' } as const;

function invocation(argv: readonly string[]): Invocation | undefined {
  try {
    return parseConfig(argv, process.env, hostname());
  } catch {
    return undefined; // main.ts meets the same mistakes, and lists them.
  }
}

async function run(argv: readonly string[]): Promise<void> {
  const asked = argv[0] !== undefined && Object.hasOwn(QUESTIONS, argv[0]) ? invocation(argv) : undefined;
  if (asked?.command !== 'healthcheck' && asked?.command !== 'readycheck') return void (await import(MAIN_PROGRAM));
  const socketPath = asked.config.socketPath ?? '';
  const { exitCode, text } = await healthcheck(socketPath, HEALTHCHECK_TIMEOUT_MS, QUESTIONS[asked.command]);
  process.exitCode = exitCode;
  process.stdout.write(`${visibleLine(text)}\n`); // It may be what a stranger on the socket has answered.
}

/** The build puts it beside this file; a variable, so that it is not bundled here. */
const MAIN_PROGRAM: string = './conntrack-agent.js';

void run(process.argv.slice(2));
