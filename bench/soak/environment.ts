/** What the agent of a soak has around it: certificates and passwords that change, and an Alertmanager that is restarted. */
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import type { Child } from '../../simulator/child.ts';
import type { Lab } from '../../test/kernel/lab/namespaces.ts';

export const PASSWORD = { user: 'prometheus', password: 'soak' } as const;

/** A web config with TLS and one user. `renew` gives it another certificate, another key and another hash of the same password. */
export class WebConfig {
  readonly path: string;
  readonly #folder: string;
  renewals = -1;

  constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, 'web.yml');
    this.renew();
  }

  renew(): void {
    this.renewals += 1;
    const file = (name: string) => join(this.#folder, name);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const out = ['-keyout', file('new.key'), '-out', file('new.crt'), '-subj', '/CN=agent', '-days', '1'];
    execFileSync('openssl', ['req', '-x509', ...key, ...out], { stdio: 'ignore' });
    // Names that never had other contents: the config, written last, switches to both at once.
    const names = { cert: `${this.renewals}.crt`, key: `${this.renewals}.key` };
    renameSync(file('new.crt'), file(names.cert));
    renameSync(file('new.key'), file(names.key));
    const tls = `tls_server_config:\n  cert_file: ${names.cert}\n  key_file: ${names.key}\n`;
    writeFileSync(
      file('web.yml.new'),
      `${tls}basic_auth_users:\n  ${PASSWORD.user}: ${hashSync(PASSWORD.password, 4)}\n`,
    );
    renameSync(file('web.yml.new'), this.path);
  }
}

const RECEIVER_PORT = 9095;
/** One line for each alert of each notification. */
const RECEIVER = `require('http').createServer((asked, answer) => {
  let body = '';
  asked.on('data', (text) => { body += text; });
  asked.on('end', () => {
    for (const { status, labels, startsAt } of JSON.parse(body).alerts) console.log('told ' + [status, labels.alertname, startsAt].join(' '));
    answer.end();
  });
}).listen(${RECEIVER_PORT}, '127.0.0.1', () => console.log('listening'));`;

/** Keeps its log of notifications over a restart, as one with a volume does, and its alerts in memory only, as all do. */
export class RestartedAlertmanager {
  readonly #lab: Lab;
  readonly #folder: string;
  readonly #receiver: Child;
  #child: Child | undefined;
  restarts = -1;

  private constructor(lab: Lab, folder: string, receiver: Child) {
    this.#lab = lab;
    this.#folder = folder;
    this.#receiver = receiver;
  }

  static async start(lab: Lab, parent: string): Promise<RestartedAlertmanager> {
    const folder = join(parent, 'alertmanager');
    await mkdir(folder);
    const webhook = { url: `http://127.0.0.1:${RECEIVER_PORT}/`, send_resolved: true };
    const timing = { group_wait: '1s', group_interval: '1s', repeat_interval: '24h' };
    const route = { receiver: 'all', group_by: ['alertname', 'node'], ...timing };
    const config = { route, receivers: [{ name: 'all', webhook_configs: [webhook] }] };
    writeFileSync(join(folder, 'alertmanager.yml'), JSON.stringify(config));
    const receiver = lab.spawnIn('peer', process.execPath, ['-e', RECEIVER]);
    await receiver.waitFor(/^listening$/m);
    const alertmanager = new RestartedAlertmanager(lab, folder, receiver);
    await alertmanager.restart();
    return alertmanager;
  }

  async restart(): Promise<void> {
    await this.#child?.stop();
    this.restarts += 1;
    this.#child = this.#lab.spawnIn('peer', 'prometheus-alertmanager', [
      `--config.file=${join(this.#folder, 'alertmanager.yml')}`,
      `--storage.path=${join(this.#folder, 'data')}`,
      '--web.listen-address=0.0.0.0:9093',
      '--cluster.listen-address=',
    ]);
    await this.#child.waitFor(/Listening/);
  }

  /** How often people were told of each status of each incident; an incident is a name and a start. */
  get told(): ReadonlyMap<string, { firing: number; resolved: number }> {
    const told = new Map<string, { firing: number; resolved: number }>();
    for (const [, status, incident] of this.#receiver.stdout.matchAll(/^told (firing|resolved) (.*)$/gm)) {
      const counts = told.get(incident!) ?? { firing: 0, resolved: 0 };
      counts[status as 'firing' | 'resolved'] += 1;
      told.set(incident!, counts);
    }
    return told;
  }
}

/** Resident memory in MB and open descriptors of a process. */
export function footprintOf(pid: number): { readonly mb: number; readonly descriptors: number } {
  const kb = Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  const descriptors = execFileSync('ls', [`/proc/${pid}/fd`], { encoding: 'utf8' })
    .trim()
    .split('\n').length;
  return { mb: (kb * 1024) / 1e6, descriptors };
}
