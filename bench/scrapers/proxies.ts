/** Proxies between a scraper and the agent, each on its port of the peer. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../../test/kernel/lab/namespaces.ts';
import { type Case, listenerOf, proxied } from './cases.ts';

/** Timeouts of Debian's haproxy.cfg; what a proxy does beyond that is in its own lines. */
const HAPROXY: Readonly<Record<string, readonly [frontend: string, backend: string]>> = {
  haproxy: ['', ''],
  'haproxy-short': ['timeout http-keep-alive 2s\n  timeout client 3s', 'timeout server 3s'],
  'haproxy-never': ['', 'http-reuse never'],
};

const NGINX: Readonly<Record<string, readonly [location: string, upstream: string]>> = {
  nginx: ['', ''],
  'nginx-keepalive': ['proxy_http_version 1.1; proxy_set_header Connection "";', 'keepalive 4;'],
  'nginx-short': ['proxy_http_version 1.1; proxy_set_header Connection "";', 'keepalive 4; keepalive_timeout 2s;'],
};

export function startProxies(lab: Lab, folder: string): void {
  const haproxy = join(folder, 'haproxy.cfg');
  const nginx = join(folder, 'nginx.conf');
  const of = (table: object) => proxied.filter(({ proxy }) => proxy! in table);
  writeFileSync(haproxy, `${HAPROXY_HEAD}${of(HAPROXY).map(haproxyText).join('\n')}\n`);
  writeFileSync(nginx, nginxText(folder, of(NGINX)));
  lab.spawnIn('peer', 'haproxy', ['-db', '-f', haproxy]);
  lab.spawnIn('peer', 'nginx', ['-c', nginx, '-e', join(folder, 'nginx.error'), '-g', 'daemon off;']);
}

const HAPROXY_HEAD = `global
  maxconn 100
defaults
  mode http
  timeout connect 5000
  timeout client 50000
  timeout server 50000
`;

function haproxyText(one: Case): string {
  const [frontend, backend] = HAPROXY[one.proxy!]!;
  return `frontend f${one.port}
  bind 127.0.0.1:${one.port}
  default_backend b${one.port}
  ${frontend}
backend b${one.port}
  server agent ${listenerOf(one)}
  ${backend}`;
}

function nginxText(folder: string, cases: readonly Case[]): string {
  const servers = cases.map((one) => {
    const [location, upstream] = NGINX[one.proxy!]!;
    return `  upstream u${one.port} { server ${listenerOf(one)}; ${upstream} }
  server { listen 127.0.0.1:${one.port}; location / { proxy_pass http://u${one.port}; ${location} } }`;
  });
  return `pid ${folder}/nginx.pid;
worker_processes 1;
events { worker_connections 100; }
http {
  access_log off;
  client_body_temp_path ${folder}/nginx-body;
  proxy_temp_path ${folder}/nginx-proxy;
  fastcgi_temp_path ${folder}/nginx-fastcgi;
  uwsgi_temp_path ${folder}/nginx-uwsgi;
  scgi_temp_path ${folder}/nginx-scgi;
${servers.join('\n')}
}
`;
}
