import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Log } from '../src/model/log.ts';
import { describeError } from '../src/model/operator-error.ts';
import { createApp } from '../src/web/routes/app.ts';
import { metricsRoute } from '../src/web/routes/metrics-route.ts';
import type { FleetNode } from './fleet-node.ts';
import { sendError } from './responses.ts';

/** The page is made by `npm run build`. */
const APP = { telemetryPath: '/metrics', pageFolder: new URL('../dist/page/', import.meta.url) };

/** The agent's own routes for any node of the fleet, under its prefix. */
export class NodeRoutes {
  readonly #log: Log;
  /** By agent; made at the first request for a node, since most of thousands of nodes get none. */
  readonly #apps = new WeakMap<object, RequestListener>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** @param rest of the path, behind the prefix of the node */
  answer({ agent }: FleetNode, rest: string, req: IncomingMessage, res: ServerResponse): void {
    if (agent === undefined) {
      req.socket.destroy(); // The agent is down: the scraper sees a connection that ends.
    } else if (rest === APP.telemetryPath) {
      metricsRoute(agent)(req, res).catch((error: unknown) => sendError(res, 500, describeError(error).message));
    } else {
      const app = this.#apps.get(agent) ?? createApp(agent, APP, this.#log).handle;
      this.#apps.set(agent, app);
      req.url = rest;
      app(req, res);
    }
  }
}
