import { onTestFinished } from 'vitest';
import type { AlertmanagerProcess } from './alertmanager-process.ts';

/** One rule of a Prometheus, which posts its alert as Prometheus does (rules/alerting.go, sendAlerts), only more often. */

/** Longer than an Alertmanager of a test waits before it tells of a change. */
const RESEND_MS = 2000;
const LIFE_MS = 240_000;

export class Rule {
  readonly #alertmanager: AlertmanagerProcess;
  readonly #labels: Readonly<Record<string, string>>;
  readonly #startsAt = new Date();
  readonly #timer: NodeJS.Timeout;
  #resolvedAt: Date | undefined;
  #sending: Promise<void>;

  private constructor(alertmanager: AlertmanagerProcess, labels: Readonly<Record<string, string>>) {
    this.#alertmanager = alertmanager;
    this.#labels = labels;
    this.#sending = this.#send();
    this.#timer = setInterval(() => this.#sendNext(), RESEND_MS);
    onTestFinished(() => this.stop());
  }

  /** Resolves when Alertmanager knows. */
  static async fire(alertmanager: AlertmanagerProcess, labels: Readonly<Record<string, string>>): Promise<Rule> {
    const rule = new Rule(alertmanager, labels);
    await rule.#sending;
    return rule;
  }

  /** At once, and again and again from now on, it posts that this is over. */
  resolve(): void {
    this.#resolvedAt = new Date();
    this.#sendNext();
  }

  /** Posts no more, as when Prometheus is gone. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sending;
  }

  #sendNext(): void {
    this.#sending = this.#sending.then(() => this.#send());
  }

  async #send(): Promise<void> {
    const endsAt = this.#resolvedAt ?? new Date(Date.now() + LIFE_MS);
    const annotations = { summary: 'the rule' };
    const generatorURL = 'http://prometheus.example/graph';
    await this.#alertmanager.post({
      labels: this.#labels,
      annotations,
      startsAt: this.#startsAt,
      endsAt,
      generatorURL,
    });
  }
}
