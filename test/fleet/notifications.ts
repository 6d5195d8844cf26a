/** Alertmanager's notifications, as the demo shows them. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { parse, stringify } from 'yaml';

const EXAMPLE = new URL('../../alerts/alertmanager.example.yaml', import.meta.url);

type Notification = {
  readonly alerts: readonly {
    readonly status: string;
    readonly labels: { readonly alertname?: string; readonly severity?: string };
    readonly annotations: { readonly summary?: string };
  }[];
};

type Receiver = { readonly name: string; webhook_configs: { url: string; send_resolved: boolean }[] };

/** The example's routes, groups and inhibitions; its receivers are one at `url`. */
export function alertmanagerConfig(url: string): string {
  const config = parse(readFileSync(EXAMPLE, 'utf8')) as { receivers: Receiver[] };
  for (const receiver of config.receivers) {
    receiver.webhook_configs = [{ url: `${url}/${receiver.name}`, send_resolved: true }];
  }
  return stringify(config);
}

/** Tells a line for each alert of each notification. */
export function createNotificationReceiver(print: (line: string) => void): Server {
  return createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const { alerts } = JSON.parse(Buffer.concat(chunks).toString()) as Notification;
      for (const { status, labels, annotations } of alerts) {
        print(
          `${req.url?.slice(1)}: ${status}: ${annotations.summary ?? labels.alertname ?? 'an alert without a name'}`,
        );
      }
      res.end();
    });
  });
}
