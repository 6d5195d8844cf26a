/** A real Alertmanager in the peer, where nothing is tracked, and the notifier it notifies. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Child } from '../../../simulator/child.ts';
import { serverProgram } from '../../../simulator/program-paths.ts';
import type { Place } from './namespaces.ts';
import { httpGet } from './tcp.ts';

export const ALERTMANAGER_PORT = 9093;
const RECEIVER_PORT = 9095;

/** Prints one line for each notification: the body Alertmanager posts to a webhook. */
const RECEIVER = `require('http').createServer((asked, answer) => {
  let body = '';
  asked.on('data', (text) => { body += text; });
  asked.on('end', () => { console.log('notified ' + JSON.stringify({ path: asked.url, ...JSON.parse(body) })); answer.end(); });
}).listen(${RECEIVER_PORT}, '127.0.0.1', () => console.log('listening'));`;

type Alert = {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
};

export type Notification = { readonly status: 'firing' | 'resolved'; readonly alerts: readonly Alert[] };

/** Notifies at once and of every change, so that a test need not wait for the grouping. */
const CONFIG = {
  route: {
    receiver: 'pager',
    group_by: ['alertname', 'node'],
    group_wait: '1s',
    group_interval: '1s',
    repeat_interval: '1h',
  },
  receivers: [{ name: 'pager', webhook_configs: [{ url: `http://127.0.0.1:${RECEIVER_PORT}/`, send_resolved: true }] }],
};

export class Alertmanager {
  readonly #lab: Place;
  readonly #folder: string;
  readonly #receiver: Child;
  #child: Child | undefined;

  private constructor(lab: Place, folder: string, receiver: Child) {
    this.#lab = lab;
    this.#folder = folder;
    this.#receiver = receiver;
  }

  static async start(lab: Place): Promise<Alertmanager> {
    const folder = await mkdtemp(join(tmpdir(), 'conntrack-lab-alertmanager-'));
    await writeFile(join(folder, 'alertmanager.yml'), JSON.stringify(CONFIG));
    const receiver = lab.spawnIn('peer', process.execPath, ['-e', RECEIVER]);
    await receiver.waitFor(/^listening$/m);
    const alertmanager = new Alertmanager(lab, folder, receiver);
    await alertmanager.resume();
    return alertmanager;
  }

  /** Starts it, with an empty memory. */
  async resume(): Promise<void> {
    const data = await mkdtemp(join(this.#folder, 'data-'));
    this.#child = this.#lab.spawnIn('peer', serverProgram('prometheus-alertmanager'), [
      `--config.file=${join(this.#folder, 'alertmanager.yml')}`,
      `--storage.path=${data}`,
      `--web.listen-address=0.0.0.0:${ALERTMANAGER_PORT}`,
      '--cluster.listen-address=',
    ]);
    await this.#child.waitFor(/Listening/);
  }

  async kill(): Promise<void> {
    await this.#child?.stop('SIGKILL');
  }

  /** When each of its alerts of this name ends unless it is posted again. */
  async ends(alertname: string): Promise<readonly Date[]> {
    const filter = encodeURIComponent(`alertname="${alertname}"`);
    const url = `http://127.0.0.1:${ALERTMANAGER_PORT}/api/v2/alerts?filter=${filter}`;
    const { body } = await httpGet(this.#lab, 'peer', url);
    return (JSON.parse(body) as { endsAt: string }[]).map(({ endsAt }) => new Date(endsAt));
  }

  /** What the notifier was sent so far about alerts of this name. */
  notifications(alertname: string): readonly Notification[] {
    const lines = this.#receiver.stdout.split('\n').filter((line) => line.startsWith('notified '));
    const all = lines.map((line) => JSON.parse(line.slice('notified '.length)) as Notification);
    return all.filter(({ alerts }) => alerts.some(({ labels }) => labels['alertname'] === alertname));
  }

  async stop(): Promise<void> {
    await this.#child?.stop();
    await this.#receiver.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
