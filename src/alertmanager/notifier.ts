import { alarmRow } from '../model/alarms/alarms.ts';
import type { Log } from '../model/log.ts';
import type { AlertmanagerReport } from '../model/scrapers.ts';
import type { Status } from '../model/status.ts';
import { type Alert, type AlertState, AlertStates } from './alert.ts';
import { Alertmanager } from './alertmanager-client.ts';
import { annotationsOf, type TopAddresses } from './annotations.ts';
import { OUTCOMES, type Outcome } from './delivery.ts';
import { DnsCache, type Lookup } from './http-connection.ts';
import { authoritiesOf, clientCertificateOf, credentialsOf, type SecretFiles } from './secret-files.ts';
import type { ServerClock } from './server-clock.ts';
import { TIMINGS, type Timings } from './timings.ts';

export type NotifierParts = {
  /** Base URLs, as one would type them into a browser; each Alertmanager gets every alert. */
  readonly urls: readonly URL[];
  readonly node: string;
  /** On top of alertname, node and severity: what Prometheus adds as external labels. */
  readonly labels: Readonly<Record<string, string>>;
  readonly secrets: SecretFiles;
  /** Off: each notification opens a connection of its own. */
  readonly keepAlive: boolean;
  readonly lookup: Lookup;
  readonly log: Log;
  /** Monotonic, milliseconds, as in `Status`. */
  readonly clock: () => number;
  readonly wallClock: () => number;
  readonly random: () => number;
  readonly timings?: Timings;
};

/** Posts the agent's own alarms to every Alertmanager, each in its own time. */
export class Notifier {
  readonly #parts: NotifierParts;
  readonly #states: AlertStates;
  readonly #alertmanagers: readonly Alertmanager[];
  readonly #counts = new Map<Outcome, number>(OUTCOMES.map((outcome) => [outcome, 0]));
  #status: Status | undefined;
  #topAddresses: TopAddresses | undefined;

  /** @throws OperatorError when a file with a secret cannot be read. */
  constructor(parts: NotifierParts) {
    const { secrets, urls, lookup, timings = TIMINGS } = parts;
    const credentials = credentialsOf(secrets);
    const authorities = authoritiesOf(secrets);
    const clientCertificate = clientCertificateOf(secrets, parts.log);
    credentials();
    authorities();
    clientCertificate();
    this.#parts = parts;
    this.#states = new AlertStates(parts.wallClock);
    this.#alertmanagers = urls.map((base) => {
      const url = new URL(`${base.pathname.replace(/\/+$/, '')}/api/v2/alerts`, base);
      const addresses = new DnsCache(url.hostname.replace(/^\[|\]$/g, ''), lookup);
      return new Alertmanager({
        ...parts,
        timings,
        endpoint: { url, lookup: addresses.lookup, authorities, clientCertificate },
        addresses,
        credentials,
        states: this.#states,
        alertOf: (state, serverClock, isLast = false) => this.#alertOf(state, timings, serverClock, isLast),
        count: (outcome) => this.#counts.set(outcome, this.#counts.get(outcome)! + 1),
      });
    });
  }

  /**
   * Reads the files with secrets, which are read for each notification anyway, to find what is wrong with them.
   * @throws OperatorError where one cannot be used
   */
  reload(): void {
    const { secrets, log } = this.#parts;
    credentialsOf(secrets)();
    authoritiesOf(secrets)();
    clientCertificateOf(secrets, log)();
  }

  /** Notifications by outcome; every outcome is there from the start. */
  get counts(): ReadonlyMap<Outcome, number> {
    return this.#counts;
  }

  /** The connections to all of them, as they are now. */
  reports(): readonly AlertmanagerReport[] {
    return this.#alertmanagers.map((alertmanager) => alertmanager.report());
  }

  /** Alertmanagers to which alerts cannot be delivered, each with the reason. */
  failing(): readonly string[] {
    return this.reports().flatMap(({ url, failingSeconds, problem }) =>
      failingSeconds === undefined ? [] : [`${url}: ${problem?.message}`],
    );
  }

  start(): void {
    for (const alertmanager of this.#alertmanagers) alertmanager.start();
  }

  /** Takes the state of the table, about once a second. */
  observe(status: Status, topAddresses?: TopAddresses): void {
    this.#status = status;
    this.#topAddresses = topAddresses ?? this.#topAddresses;
    if (!this.#states.observe(status)) return;
    for (const alertmanager of this.#alertmanagers) alertmanager.changed();
  }

  /** Takes a second at most. */
  async stop(): Promise<void> {
    await Promise.all(this.#alertmanagers.map((alertmanager) => alertmanager.stop()));
  }

  /** The times are those of the Alertmanager's clock, which decides when the alert ends. */
  #alertOf(state: AlertState, timings: Timings, serverClock: ServerClock, isLast: boolean): Alert {
    const { alarm, isRaised, startedWallMs, seenMs } = state;
    const { node, labels } = this.#parts;
    const row = alarmRow(alarm);
    const { alertname, severity } = row;
    const lifeMs = timings.lifeMs + (isLast ? row.pendingMs + timings.handoverMs : 0);
    const endsMs = isRaised ? serverClock.wallMsAt(seenMs) + lifeMs : serverClock.surelyPastMsAt(seenMs);
    return {
      labels: { ...labels, alertname, node, severity },
      annotations: annotationsOf(row, node, this.#status!, this.#topAddresses),
      // A wall clock that was set back must not make an alert end before it begins: Alertmanager refuses that.
      startsAt: new Date(Math.min(startedWallMs + serverClock.offsetMs, endsMs)).toISOString(),
      endsAt: new Date(endsMs).toISOString(),
    };
  }
}
