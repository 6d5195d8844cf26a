import { connect } from 'node:net';

/**
 * The probes of daemonset/ give up after 5 s, and a busy node takes most of a second of that to start Node. An agent that is slow
 * to answer is not one that a restart would help, so it gets the rest; and the message says which socket did not answer.
 */
export const HEALTHCHECK_TIMEOUT_MS = 4_000;

/** More than any answer of the agent; a stranger on the socket is not read for ever. */
const ANSWER_MAX = 64 * 1024;

export type Health = { readonly exitCode: 0 | 1; readonly text: string };

/** What a probe may ask: whether a restart would help, and whether the agent sees the table of its node. */
export type Question = 'healthy' | 'ready';

/**
 * Asks the agent behind the unix socket. Never throws: whatever goes wrong is a reason to be unhealthy.
 *
 * The request is written by hand, because this runs as an exec probe on every node again and again, and the same
 * with node:http takes a tenth more CPU, start of Node included. HTTP/1.0 has the agent close the connection, so the answer is all there is to read.
 */
export function healthcheck(socketPath: string, timeoutMs: number, question: Question = 'healthy'): Promise<Health> {
  if (socketPath === '') return Promise.resolve(unhealthy('', 'no path; --web.socket is turned off'));
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    let answer = '';
    const settle = (health: Health) => {
      clearTimeout(timeout);
      socket.destroy();
      resolve(health);
    };
    const timeout = setTimeout(() => settle(unhealthy(socketPath, `no answer within ${timeoutMs} ms`)), timeoutMs);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      answer += text;
      if (answer.length > ANSWER_MAX) settle(unhealthy(socketPath, "the answer is not an agent's"));
    });
    socket.on('end', () => settle(judgeAnswer(socketPath, answer, question)));
    socket.on('error', (error) => settle(unhealthy(socketPath, seenIn(error))));
    socket.write(`GET /-/${question} HTTP/1.0\r\n\r\n`);
  });
}

function judgeAnswer(socketPath: string, answer: string, question: Question): Health {
  const status = /^HTTP\/1\.[01] (\d{3}) /.exec(answer)?.[1];
  const bodyAt = answer.indexOf('\r\n\r\n');
  if (status === undefined || bodyAt < 0) return unhealthy(socketPath, "the answer is not an agent's");
  const text = answer
    .slice(bodyAt + 4)
    .trim()
    .replaceAll('\n', '; ');
  if (status === '200') return { exitCode: 0, text };
  return {
    exitCode: 1,
    text: status === '503' ? `not ${question}: ${text}` : `Cannot ask "${socketPath}": HTTP ${status}`,
  };
}

const SEEN: Readonly<Record<string, string>> = {
  ENOENT: 'no such socket; is the agent running, with this --web.socket?',
  ECONNREFUSED: 'connection refused; the agent that made this socket is gone',
  ENOTSOCK: 'not a socket; is this the right --web.socket?',
  EACCES: 'permission denied; run as the same user as the agent',
};

function seenIn(error: NodeJS.ErrnoException): string {
  return SEEN[error.code ?? ''] ?? error.message;
}

function unhealthy(socketPath: string, seen: string): Health {
  return { exitCode: 1, text: `Cannot ask "${socketPath}": ${seen}` };
}
