/** Agents that say what a script has them say, for engines to scrape. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RULE_ROWS } from '../../src/model/alarms/alarms.ts';

export type ScriptedAgent = {
  entries: number;
  limit: number;
  /** Of every alarm. */
  isActive: boolean;
  raised: number;
  isAway: boolean;
};

/** Serves each at `/NAME`; what is changed here is what the next scrape sees. */
export class ScriptedAgents {
  readonly agents: Readonly<Record<string, ScriptedAgent>>;
  readonly #server: Server;

  constructor(names: readonly string[]) {
    const quiet = { entries: 100, limit: 1000, isActive: false, raised: 3, isAway: false };
    this.agents = Object.fromEntries(names.map((name) => [name, { ...quiet }]));
    this.#server = createServer((asked, answer) => {
      const agent = this.agents[asked.url!.slice(1)];
      answer.statusCode = agent === undefined || agent.isAway ? 503 : 200;
      answer.setHeader('content-type', 'text/plain; version=0.0.4');
      answer.end(answer.statusCode === 200 ? expositionOf(agent!) : '');
    });
  }

  /** `host:port` that it listens on. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** With a classic histogram, which some engines are told to turn into a native one. */
function expositionOf({ entries, limit, isActive, raised }: ScriptedAgent): string {
  const lines = RULE_ROWS.flatMap(({ id, severity }) => [
    `conntrack_alarm_active{alarm="${id}",severity="${severity}"} ${Number(isActive)}`,
    `conntrack_alarm_raised_total{alarm="${id}",severity="${severity}"} ${raised}`,
  ]);
  return `# TYPE conntrack_alarm_active gauge
# TYPE conntrack_alarm_raised_total counter
# TYPE conntrack_usage_ratio histogram
conntrack_usage_ratio_bucket{le="0.9"} 10
conntrack_usage_ratio_bucket{le="+Inf"} 20
conntrack_usage_ratio_sum 18
conntrack_usage_ratio_count 20
conntrack_entries ${entries}
conntrack_entries_limit ${limit}
conntrack_entries_peak ${entries}
conntrack_buckets ${limit}
conntrack_growth_entries_per_second 12.5
conntrack_time_to_full_seconds +Inf
conntrack_table_full_drops_total 7
conntrack_alarm_threshold{threshold="high_usage"} 0.9
conntrack_alarm_threshold{threshold="sample_lag_seconds"} 2
conntrack_agent_in_host_netns 0
conntrack_agent_sample_lag_seconds 0.01
${lines.sort().join('\n')}
`;
}
