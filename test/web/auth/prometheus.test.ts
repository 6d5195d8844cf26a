import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAuthority, temporaryFolder } from '../../alertmanager/authority.ts';
import { needs } from '../../needs.ts';
import { ask, serveProtected } from './protected-agent.ts';

const PORT = 19_391;

describe('a real Prometheus', () => {
  it('scrapes by tls_config and basic_auth, over one connection, and is locked out without', async (context) => {
    needs(context, 'openssl', 'prometheus');
    const authority = createAuthority();
    const [server, client] = [authority.issue('IP:127.0.0.1'), authority.issue('DNS:prometheus')];
    const { port } = await serveProtected({
      'cert.pem': server.cert,
      'key.pem': server.key,
      'ca.pem': readFileSync(authority.caFile, 'utf8'),
      'web.yml': `
tls_server_config:
  cert_file: cert.pem
  key_file: key.pem
  client_ca_file: ca.pem
  client_auth_type: RequireAndVerifyClientCert
  min_version: TLS13
basic_auth_users:
  prometheus: ${hashSync('secret', 4)}
`,
    });
    const folder = temporaryFolder();
    const put = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const tls = { ca_file: authority.caFile, cert_file: put('c.pem', client.cert), key_file: put('k.pem', client.key) };
    const job = (job_name: string, more: object) => ({
      job_name,
      scheme: 'https',
      static_configs: [{ targets: [`127.0.0.1:${port}`] }],
      ...more,
    });
    const basic_auth = { username: 'prometheus', password: 'secret' };
    const config = {
      global: { scrape_interval: '1s' },
      scrape_configs: [
        job('locked-in', { tls_config: tls, basic_auth }),
        job('no-password', { tls_config: tls }),
        job('no-certificate', { tls_config: { ca_file: authority.caFile }, basic_auth }),
      ],
    };
    const prometheus = spawn('prometheus', [
      `--config.file=${put('prometheus.yml', JSON.stringify(config))}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${PORT}`,
    ]);
    onTestFinished(async () => {
      prometheus.kill();
      await new Promise((resolve) => prometheus.once('close', resolve));
    });
    const ups = async () => {
      const url = `http://127.0.0.1:${PORT}/api/v1/query?query=up`;
      const { body } = await ask(url).catch(() => ({ body: '{"data":{"result":[]}}' }));
      const { data } = JSON.parse(body) as { data: { result: { metric: { job: string }; value: [number, string] }[] } };
      return Object.fromEntries(data.result.map(({ metric, value }) => [metric.job, value[1]]));
    };
    await expect
      .poll(ups, { timeout: 15_000, interval: 200 })
      .toEqual({ 'locked-in': '1', 'no-password': '0', 'no-certificate': '0' });
  });
});
