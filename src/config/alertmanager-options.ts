/** The flags of direct paging. */

import { alertLabel, alertmanagerUrl, userName } from './alertmanager-values.ts';
import type { Option } from './option.ts';
import { boolean, folder } from './option-values.ts';

export const ALERTMANAGER_OPTIONS = {
  alertmanagerUrls: {
    flag: 'alertmanager.url',
    kind: 'list',
    value: alertmanagerUrl,
    fallback: undefined,
    help: 'Alertmanager that the agent posts its alerts to; each of several gets every alert',
  },
  alertLabels: {
    flag: 'alertmanager.external-label',
    kind: 'list',
    value: alertLabel,
    fallback: undefined,
    help: 'Label put on direct alerts, as Prometheus puts its external labels on its own',
  },
  keepAlive: {
    flag: 'alertmanager.keep-alive',
    kind: 'switch',
    value: boolean,
    fallback: 'true',
    help: 'Keep a connection open to each Alertmanager, for a full table lets no new one out',
  },
  caFile: {
    flag: 'alertmanager.ca-file',
    kind: 'single',
    value: folder,
    fallback: undefined,
    help: "Authorities that may have signed Alertmanager's certificate, in PEM, instead of the well-known ones",
  },
  basicAuthUsername: {
    flag: 'alertmanager.basic-auth.username',
    kind: 'single',
    value: userName,
    fallback: undefined,
    help: 'User of Alertmanager',
  },
  passwordFile: {
    flag: 'alertmanager.basic-auth.password-file',
    kind: 'single',
    value: folder,
    fallback: undefined,
    help: 'File with the password of that user; read again when it changes',
  },
  bearerTokenFile: {
    flag: 'alertmanager.bearer-token-file',
    kind: 'single',
    value: folder,
    fallback: undefined,
    help: 'File with the bearer token for Alertmanager; read again when it changes',
  },
} as const satisfies Record<string, Option>;
