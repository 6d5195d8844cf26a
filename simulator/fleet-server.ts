/** The fleet on one HTTP server: service discovery, each node's own routes under its prefix, and a page that names them. */
import { createServer, type Server } from 'node:http';
import type { Log } from '../src/model/log.ts';
import type { Fleet } from './fleet.ts';
import { kubeStateText } from './kube-state.ts';
import { addressOf } from './listening.ts';
import { NETD_TEXT } from './netd.ts';
import { NodeRoutes } from './node-routes.ts';
import { type Link, overviewPage } from './overview-page.ts';
import { kubeStateTargets, netdTargets, targetsOf } from './prometheus-config.ts';
import { redirect, send, sendError, sendJson } from './responses.ts';

/** As the agent keeps a scraper's connection. */
const KEEP_ALIVE_MS = 600_000;
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type FleetServerParts = {
  readonly fleet: Fleet;
  readonly log: Log;
  /** Asked for each time the page is. */
  readonly links: () => readonly Link[];
};

export function createFleetServer({ fleet, log, links }: FleetServerParts): Server {
  const specs = fleet.nodes.map(({ spec }) => spec);
  const routes = new NodeRoutes(log);
  const server = createServer((req, res) => {
    const url = req.url ?? '/';
    const [, folder, name = '', rest] = /^\/(nodes|clusters)\/([^/?]+)(\/.*)?$/.exec(url) ?? [];
    const node = folder === 'nodes' ? fleet.node(name) : undefined;
    if (node !== undefined && rest === undefined) return redirect(res, `${url}/`); // Its links are relative.
    if (node !== undefined) return routes.answer(node, rest!, req, res);
    if (folder === 'clusters' && rest === '/kube-state-metrics') {
      return send(res, METRICS_TYPE, kubeStateText(specs.filter(({ cluster }) => cluster === name)));
    }
    if (url === '/sd') return sendJson(res, targetsOf(specs, addressOf(server)));
    if (url === '/netd') return send(res, METRICS_TYPE, NETD_TEXT);
    if (url === '/sd/netd') return sendJson(res, netdTargets(specs, addressOf(server)));
    if (url === '/sd/kube-state-metrics') return sendJson(res, kubeStateTargets(specs, addressOf(server)));
    if (url === '/') return send(res, 'text/html; charset=utf-8', overviewPage(fleet, links()));
    return sendError(res, 404, `Cannot find ${JSON.stringify(url)}: see / for what there is`);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return server;
}
