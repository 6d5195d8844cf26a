import type { HistoryJson, StatusJson } from '../../model/status-json.ts';

/** Whether the agent is healthy, or ready. `text` and `reason` are one line for a person; `remedy` says what to do. */
export type Health =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string; readonly remedy?: string };

/** The two formats Prometheus scrapes: text 0.0.4 and OpenMetrics 1.0.0. */
export type ExpositionFormat = 'text' | 'openmetrics';

/** The last flow sample, or why there is none. */
export type FlowsAnswer =
  | { readonly state: 'taken'; readonly flowSample: unknown }
  | { readonly state: 'off' | 'waiting'; readonly error: string; readonly remedy?: string };

/** Everything the routes show. All but `refresh()` are pure views: a request changes nothing. */
export type AgentView = {
  readonly nodeName: string;
  readonly version: string;
  /** Reads the node again, judges, and notifies; waits a moment where a source is slow. */
  refresh(): Promise<void> | void;
  /** As of the last reading, as all below. */
  exposition(format: ExpositionFormat): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Liveness: false means that a restart would help. */
  healthy(): Health;
  /** Readiness: false means that the numbers are missing or not this node's, and that a restart would not help. */
  ready(): Health;
  status(): StatusJson;
  /** The last so many seconds, or as many as there are. */
  history(seconds: number): HistoryJson;
  flows(): FlowsAnswer;
};
