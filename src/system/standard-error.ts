import { constants, fstatSync, openSync } from 'node:fs';

const STDERR = 2;

/**
 * A descriptor of stderr on which no write waits, for a log that nobody reads must not stop the agent. A pipe or terminal
 * is opened anew by its name in /proc, so that the flag is ours alone. That cannot be done to a socket, nor to a pipe of
 * another user: there Node sets the flag when process.stderr is first used (libuv, uv_pipe_open), also for whoever has
 * the same description. Files and /dev/null never wait.
 */
export function standardError(): number {
  const stats = fstatSync(STDERR);
  if (stats.isFile()) return STDERR;
  try {
    return openSync(`/proc/self/fd/${STDERR}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return process.stderr.fd;
  }
}
