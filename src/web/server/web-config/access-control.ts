import type { RequestListener } from 'node:http';
import type { Server } from 'node:tls';
import type { Log } from '../../../model/log.ts';
import { gated } from './authentication.ts';
import { PasswordCheck } from './password-check.ts';
import { isAdmitted, type Tls } from './tls-context.ts';
import { WebConfigFile } from './web-config-file.ts';

/** A few small files, compared as a whole. A change is in force after two of these, see `WebConfigFile.reread()`. */
const REREAD_MS = 1_000;

/** What stands between the TCP listeners and the routes. The unix socket has the mode of its file instead. */
export type AccessControl = {
  /** Undefined for plain HTTP. */
  readonly tls: Tls | undefined;
  /** The same routes, behind headers and passwords. */
  gate(routes: RequestListener): RequestListener;
  stop(): void;
};

export type DoorOptions = { readonly path: string; readonly clock: () => number; readonly rereadMs?: number };

/** Reads the file and watches it. Throws OperatorError with all that is wrong in it. */
export function openAccessControl({ path, clock, rereadMs = REREAD_MS }: DoorOptions, log: Log): AccessControl {
  const file = new WebConfigFile(path, log);
  const check = new PasswordCheck(clock);
  const followers: Server[] = [];
  const timer = setInterval(() => {
    if (!file.reread()) return;
    const { context } = file.loaded;
    if (context) for (const server of followers) server.setSecureContext(context);
  }, rereadMs);
  timer.unref();
  return {
    tls: tlsOf(file, followers),
    gate: (routes) => gated(routes, () => file.loaded.config, check),
    stop: () => clearInterval(timer),
  };
}

function tlsOf(file: WebConfigFile, followers: Server[]): Tls | undefined {
  const { config, context } = file.loaded;
  if (context === undefined || config.tls === undefined) return undefined;
  return {
    context,
    asksClients: config.tls.clientAuth.asked,
    admits: (socket) => isAdmitted(socket, file.loaded.config.tls!),
    follow: (server) => void followers.push(server),
  };
}
