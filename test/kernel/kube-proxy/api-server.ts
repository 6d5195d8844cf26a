/** As much of an API server as kube-proxy needs to start: one node, and no services. Run inside a namespace; its port on the command line. */
import { createServer } from 'node:http';

const NODE = {
  kind: 'Node',
  apiVersion: 'v1',
  metadata: { name: 'node-1', uid: 'node-1', resourceVersion: '1' },
  status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] },
};

const LISTS: Readonly<Record<string, readonly [kind: string, apiVersion: string]>> = {
  services: ['ServiceList', 'v1'],
  endpoints: ['EndpointsList', 'v1'],
  endpointslices: ['EndpointSliceList', 'discovery.k8s.io/v1beta1'],
};

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://api');
  response.setHeader('Content-Type', 'application/json');
  if (searchParams.has('watch')) return void response.write(''); // Nothing ever changes.
  if (pathname.includes('/nodes/')) return void response.end(JSON.stringify(NODE));
  const [kind, apiVersion] = LISTS[pathname.split('/').at(-1) ?? ''] ?? ['Status', 'v1'];
  response.end(JSON.stringify({ kind, apiVersion, metadata: { resourceVersion: '1' }, items: [] }));
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write('listening\n'));
