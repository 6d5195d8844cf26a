/** Alertmanager's notifications, as the demo shows them. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { parse, stringify } from 'yaml';

const EXAMPLE = new URL('../alerts/alertmanager.example.yaml', import.meta.url);

type Alert = {
  readonly status: string;
  readonly labels: { readonly alertname?: string; readonly severity?: string };
  readonly annotations: { readonly summary?: string };
};

type Notification = { readonly alerts: readonly Alert[] };

type Receiver = { readonly name: string; webhook_configs: { url: string; send_resolved: boolean }[] };

/** The example's routes, groups and inhibitions; its receivers are one at `url`. */
export function alertmanagerConfig(url: string): string {
  const config = parse(readFileSync(EXAMPLE, 'utf8')) as { receivers: Receiver[] };
  for (const receiver of config.receivers) {
    receiver.webhook_configs = [{ url: `${url}/${receiver.name}`, send_resolved: true }];
  }
  return stringify(config);
}

/** Prints a line for each alert of each notification: time, severity, state, summary, receiver. */
export function createNotificationReceiver(print: (line: string) => void): Server {
  return createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const { alerts } = JSON.parse(Buffer.concat(chunks).toString()) as Notification;
      const receiver = req.url?.slice(1) ?? '';
      for (const alert of alerts) print(lineOf(alert, receiver));
      res.end();
    });
  });
}

function lineOf({ status, labels, annotations }: Alert, receiver: string): string {
  const time = new Date().toTimeString().slice(0, 8);
  const { severity = 'no severity', alertname = 'an alert without a name' } = labels;
  return `${time} ${severity.padEnd(8)} ${status.padEnd(8)} ${annotations.summary ?? alertname} (to ${receiver})`;
}
