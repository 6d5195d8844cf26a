/** The fleet on one HTTP server: service discovery, each node's own routes under its prefix, and a page that names them. */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createApp } from '../../src/http/app.ts';
import { metricsRoute } from '../../src/http/metrics-route.ts';
import type { Log } from '../../src/log.ts';
import { describeError } from '../../src/operator-error.ts';
import type { Fleet } from './fleet.ts';
import type { FleetNode } from './fleet-node.ts';
import { kubeStateText } from './kube-state.ts';
import { addressOf } from './listening.ts';
import { type Link, overviewPage } from './overview-page.ts';
import { kubeStateTargets, targetsOf } from './prometheus-config.ts';

/** As the agent keeps a scraper's connection. */
const KEEP_ALIVE_MS = 600_000;
const METRICS = '/metrics';
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type FleetServerParts = { readonly fleet: Fleet; readonly log: Log; readonly links: () => readonly Link[] };

export function createFleetServer({ fleet, log, links }: FleetServerParts): Server {
  const casts = fleet.nodes.map(({ cast }) => cast);
  const apps = new WeakMap<object, RequestListener>();

  /** Made when somebody looks at the node: of thousands of nodes nobody does. */
  function appOf({ agent }: FleetNode): RequestListener {
    const known = apps.get(agent!) ?? createApp(agent!, { telemetryPath: METRICS }, log).handle;
    apps.set(agent!, known);
    return known;
  }

  function answerFor(node: FleetNode, rest: string, req: IncomingMessage, res: ServerResponse): void {
    if (node.agent === undefined) {
      req.socket.destroy(); // Nobody is there: the scraper sees a connection that ends.
      return;
    }
    if (rest === METRICS) {
      metricsRoute(node.agent)(req, res).catch((error: unknown) => refuse(res, 500, describeError(error).message));
      return;
    }
    req.url = rest;
    appOf(node)(req, res);
  }

  const server = createServer((req, res) => {
    const url = req.url ?? '/';
    const [, name, rest] = /^\/nodes\/([^/?]+)(\/.*)?$/.exec(url) ?? [];
    const node = name === undefined ? undefined : fleet.node(name);
    if (node !== undefined && rest === undefined) return redirect(res, `${url}/`); // Its links are relative.
    if (node !== undefined) return answerFor(node, rest!, req, res);
    if (url === '/sd') return sendJson(res, targetsOf(casts, addressOf(server)));
    if (url === '/sd/kube-state-metrics') return sendJson(res, kubeStateTargets(casts, addressOf(server)));
    const cluster = /^\/clusters\/([^/?]+)\/kube-state-metrics$/.exec(url)?.[1];
    if (cluster !== undefined)
      return send(res, METRICS_TYPE, kubeStateText(casts.filter((cast) => cast.cluster === cluster)));
    if (url === '/') return send(res, 'text/html; charset=utf-8', overviewPage(fleet, links()));
    return refuse(res, 404, `Cannot find ${JSON.stringify(url)}: see / for what there is`);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return server;
}

function send(res: ServerResponse, contentType: string, body: string): void {
  res.writeHead(200, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) }).end(body);
}

function sendJson(res: ServerResponse, value: unknown): void {
  send(res, 'application/json', JSON.stringify(value));
}

function redirect(res: ServerResponse, location: string): void {
  res.writeHead(308, { Location: location }).end();
}

function refuse(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
