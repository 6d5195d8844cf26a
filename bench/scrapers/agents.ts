/** Three agents in the node, one for each protection, and what they say of their scrapers. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import type { ScraperReport } from '../../src/model/scrapers.ts';
import type { StatusJson } from '../../src/model/status-json.ts';
import { Agent } from '../../test/kernel/lab/agent.ts';
import { ADDRESS, type Lab } from '../../test/kernel/lab/namespaces.ts';
import { ALL, listenerOf, type Protection, type Secrets } from './cases.ts';

/** One key for all: its certificate is that of the authority, the agent and the client. */
export function makeSecrets(folder: string): Secrets {
  const password = 'not guessed';
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=agent', '-addext', `subjectAltName=IP:${ADDRESS.node}`, '-days', '1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...names], { stdio: 'ignore' });
  execFileSync('cp', [cert, join(folder, 'ca.pem')]);
  const tls = { cert_file: cert, key_file: key, client_ca_file: cert, client_auth_type: 'RequireAndVerifyClientCert' };
  writeFileSync(join(folder, 'tls.yml'), JSON.stringify({ tls_server_config: tls }));
  const users = { prometheus: hashSync(password, 10) };
  writeFileSync(join(folder, 'password.yml'), JSON.stringify({ basic_auth_users: users }));
  return { folder, password };
}

export async function startAgents(lab: Lab, { folder }: Secrets): Promise<ReadonlyMap<Protection, Agent>> {
  const agents = new Map<Protection, Agent>();
  for (const protection of ['none', 'tls', 'password'] as const) {
    const listeners = ALL.filter((one) => one.protection === protection).map(listenerOf);
    const flags = listeners.map((listener) => `--web.listen-address=${listener}`);
    if (protection !== 'none') flags.push(`--web.config.file=${join(folder, `${protection}.yml`)}`);
    agents.set(protection, await Agent.start(lab, { flags: [...flags, `--node.ip=${ADDRESS.node}`] }));
  }
  return agents;
}

/** What the agents say of the clients, by listener. */
export async function reportsOf(agents: Iterable<Agent>): Promise<ReadonlyMap<string, ScraperReport>> {
  const reports = new Map<string, ScraperReport>();
  for (const agent of agents) {
    const { scrapers = [] } = JSON.parse((await agent.get('/api/v1/status')).body) as StatusJson;
    for (const report of scrapers) reports.set(report.listener, report);
  }
  return reports;
}
