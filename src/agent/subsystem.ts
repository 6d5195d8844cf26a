import type { TableFacts } from '../analysis/table/table-judge.ts';
import type { Publication } from '../metrics/family.ts';
import type { Reading } from '../model/reading.ts';
import type { Status } from '../model/status.ts';
import type { StatusJson } from '../model/status-json.ts';

/** What the agent knows after a tick; everything that answers a request is a view of it. */
export type AgentState = {
  readonly reading: Reading;
  readonly status: Status;
  /** Wall clock of the tick, milliseconds since the epoch. */
  readonly wallMs: number;
};

/** Something that `serve` starts, and stops in reverse order. */
export type Startable = {
  start?(): void | Promise<void>;
  stop?(): void | Promise<void>;
};

/** A part of the running agent beside the table. It exists only where it is configured, and contributes what it knows. */
export type Subsystem = Startable & {
  /** What alarms are judged by; called in each tick, before they are judged. */
  facts?(reading: Reading): Partial<TableFacts>;
  /** Called in each tick, after the alarms are judged. */
  judged?(status: Status): void;
  /** Members of a scrape. A pure view. */
  publication?(state: AgentState): Partial<Publication>;
  /** Members of `/api/v1/status`. A pure view. */
  statusJson?(state: AgentState): Partial<StatusJson>;
};
