import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One node's history: series in PromQL notation and its values, one each `intervalSeconds`. */
export type History = {
  readonly seconds: number;
  readonly series: readonly { readonly series: string; readonly values: string }[];
};

export type Firing = {
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds from the start to the first evaluation at which it fired. */
  readonly firstAt: number;
  /** How often it began to fire. */
  readonly times: number;
};

export type Evaluation = {
  readonly rules: readonly string[];
  readonly everySeconds: number;
  readonly intervalSeconds: number;
};

const MAX_OUTPUT = 256 * 1024 * 1024;

/**
 * What the rules fire on each history: promtool evaluates them as Prometheus does, `for` included, and is asked about
 * ALERTS. It has no way to say what it sees but to complain that it did not expect it; the complaint is read.
 */
export async function firings(histories: readonly History[], evaluation: Evaluation): Promise<Firing[][]> {
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-alerts-'));
  try {
    const file = join(folder, 'replay.test.yaml');
    await writeFile(file, JSON.stringify(testOf(histories, evaluation)));
    const complaints = await promtool(['test', 'rules', file]);
    return histories.map((_, index) => firingsIn(complaints, index));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * All histories in one test, each a cluster of its own, which is much faster than one after the other. Each is asked
 * about at its end. JSON is YAML.
 */
function testOf(histories: readonly History[], { rules, everySeconds, intervalSeconds }: Evaluation): unknown {
  const queries = histories.flatMap(({ seconds }, index) => {
    const firing = `ALERTS{alertstate="firing",cluster="${index}"}`;
    const began = `(${firing} unless ${firing} offset ${everySeconds}s)`;
    const range = `[${seconds}s:${everySeconds}s]`;
    const marked = (query: string, what: string) => `label_replace(${query}, "what", "${what}", "", "")`;
    return [
      { expr: marked(`min_over_time(timestamp(${firing})${range})`, 'first'), eval_time: `${seconds}s` },
      { expr: marked(`count_over_time(${began}${range})`, 'times'), eval_time: `${seconds}s` },
    ];
  });
  const series = histories.flatMap(({ series }, index) =>
    series.map(({ series: name, values }) => ({
      series: withLabel(name, `cluster="${index}"`),
      values: `${values} stale`,
    })),
  );
  return {
    rule_files: rules,
    evaluation_interval: `${everySeconds}s`,
    tests: [{ interval: `${intervalSeconds}s`, input_series: series, promql_expr_test: queries }],
  };
}

function withLabel(series: string, label: string): string {
  return series.endsWith('}') ? `${series.slice(0, -1)},${label}}` : `${series}{${label}}`;
}

/** Its complaints are the result, so only an exit other than 0 and 1 is an error. */
function promtool(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('promtool', args, { maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) => {
      const isBroken = error !== null && (error.code !== 1 || !/exp: nil/.test(stdout + stderr));
      if (isBroken) reject(new Error(`Cannot run "promtool ${args.join(' ')}": ${stderr || stdout || error.message}`));
      else resolve(stdout + stderr);
    });
  });
}

function firingsIn(complaints: string, history: number): Firing[] {
  const first = new Map<string, number>();
  const times = new Map<string, number>();
  for (const [, text, value] of complaints.matchAll(/(\{[^}\n]*\}) ([0-9.E+-]+)/g)) {
    const labels = labelsOf(text!);
    if (labels['cluster'] !== String(history)) continue;
    const { cluster: _, what, ...rest } = labels;
    (what === 'first' ? first : times).set(JSON.stringify(rest), Number(value));
  }
  return Array.from(first, ([labels, firstAt]) => ({
    labels: JSON.parse(labels),
    firstAt,
    times: times.get(labels) ?? 1,
  }));
}

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries(Array.from(text.matchAll(/(\w+)="([^"]*)"/g), ([, name, value]) => [name!, value!]));
}
