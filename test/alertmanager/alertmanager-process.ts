/** A real Alertmanager on 127.0.0.1, which may be killed and started again at its port. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { Child } from '../../simulator/child.ts';
import { freePort } from '../../simulator/free-port.ts';
import { PATIENT } from './notifications.ts';

export type SeenAlert = {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly status: { readonly state: string };
};

export class AlertmanagerProcess {
  readonly url: string;
  readonly #args: readonly string[];
  #child: Child | undefined;

  private constructor(folder: string, address: string, prefix: string) {
    this.url = `http://${address}${prefix}`;
    this.#args = [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      `--web.route-prefix=${prefix}/`,
      '--cluster.listen-address=',
    ];
  }

  /** `webhook` is told of everything, at once. */
  static async start({
    webhook,
    prefix = '',
  }: {
    webhook?: string;
    prefix?: string;
  } = {}): Promise<AlertmanagerProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'conntrack-alertmanager-'));
    const receiver = { name: 'all', ...(webhook && { webhook_configs: [{ url: webhook, send_resolved: true }] }) };
    const route = {
      receiver: 'all',
      group_by: ['node'],
      group_wait: '0s',
      group_interval: '1s',
      repeat_interval: '1h',
    };
    await writeFile(join(folder, 'alertmanager.yml'), JSON.stringify({ route, receivers: [receiver] }));
    const process = new AlertmanagerProcess(folder, `127.0.0.1:${await freePort()}`, prefix);
    onTestFinished(async () => {
      await process.kill();
      await rm(folder, { recursive: true });
    });
    await process.run();
    return process;
  }

  async run(): Promise<void> {
    this.#child = new Child('prometheus-alertmanager', this.#args);
    await vi.waitUntil(async () => (await fetch(`${this.url}/-/ready`).catch(() => undefined))?.ok, PATIENT);
  }

  /** Without a chance to say goodbye. */
  async kill(): Promise<void> {
    await this.#child?.stop('SIGKILL');
  }

  /** What is active, as the API tells. */
  async alerts(): Promise<readonly SeenAlert[]> {
    const response = await fetch(`${this.url}/api/v2/alerts`);
    return (await response.json()) as SeenAlert[];
  }

  async post(alert: unknown): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify([alert]);
    const { ok, statusText } = await fetch(`${this.url}/api/v2/alerts`, { method: 'POST', headers, body });
    if (!ok) throw new Error(`Cannot post an alert: ${statusText}`);
  }
}
