/** Asks Prometheus and answers in Grafana's data frames, as its Prometheus data source would. */
import { type DataFrame, type Field, FieldType } from '@grafana/data';
import {
  type Ask,
  type Choices,
  interpolate,
  type Panel,
  type Setting,
  type Target,
} from '../../dashboards/questions.ts';

type Labels = Record<string, string>;
type Series = { metric: Labels; values?: [number, string][]; value?: [number, string] };

async function api(base: string, path: string, form: Record<string, string>): Promise<Series[]> {
  const response = await fetch(`${base}/api/v1/${path}`, { method: 'POST', body: new URLSearchParams(form) });
  const answer = await response.json();
  if (answer.status !== 'success') throw new Error(`${answer.error}\n${form['query']}`);
  return answer.data.result;
}

export const numberOf = (text: string) => (text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text));

export function asker(base: string, { toSeconds }: Setting): Ask {
  return async (query) =>
    (await api(base, 'query', { query, time: String(toSeconds) })).map(({ metric, value }) => ({
      metric,
      value: numberOf(value![1]),
    }));
}

export async function framesOf(base: string, panel: Panel, choices: Choices, setting: Setting): Promise<DataFrame[]> {
  const targets = panel.targets ?? [];
  const answers = await Promise.all(
    targets.map(async (target) => {
      const query = interpolate(target.expr, choices, setting);
      const { fromSeconds, toSeconds, stepSeconds } = setting;
      const series = target.instant
        ? await api(base, 'query', { query, time: String(toSeconds) })
        : await api(base, 'query_range', {
            query,
            start: String(fromSeconds),
            end: String(toSeconds),
            step: String(stepSeconds),
          });
      return { target, series };
    }),
  );
  const tables = targets.filter(({ format }) => format === 'table').length;
  return answers.flatMap(({ target, series }) =>
    target.format === 'table'
      ? [tableFrame(target, series, tables)]
      : series.map((one) => seriesFrame(target, one, setting)),
  );
}

function seriesFrame({ refId, legendFormat }: Target, { metric, values, value }: Series, setting: Setting): DataFrame {
  const points = values ?? [value!];
  const { __name__: _, ...labels } = metric;
  const name = legendFormat.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_whole, label: string) => metric[label] ?? '').trim();
  return {
    refId,
    length: points.length,
    meta: { type: 'timeseries-multi' } as never,
    fields: [
      field(
        'Time',
        FieldType.time,
        points.map(([at]) => at * 1000),
        {},
        { interval: setting.stepSeconds * 1000 },
      ),
      field(
        'Value',
        FieldType.number,
        points.map(([, text]) => numberOf(text)),
        labels,
        { displayNameFromDS: name },
      ),
    ],
  };
}

/** A row for each series: its labels, then its value. */
function tableFrame({ refId }: Target, series: Series[], tables: number): DataFrame {
  const labels = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const fields =
    series.length === 0
      ? []
      : [
          field(
            'Time',
            FieldType.time,
            series.map(({ value }) => value![0] * 1000),
          ),
          ...labels.map((label) =>
            field(
              label,
              FieldType.string,
              series.map(({ metric }) => metric[label] ?? ''),
              {},
              { filterable: true },
            ),
          ),
          field(
            tables > 1 ? `Value #${refId}` : 'Value',
            FieldType.number,
            series.map(({ value }) => numberOf(value![1])),
          ),
        ];
  return { refId, length: series.length, fields };
}

function field(
  name: string,
  type: FieldType,
  values: unknown[],
  labels: Labels = {},
  config: Record<string, unknown> = {},
): Field {
  return {
    name,
    type,
    values,
    config,
    ...(type === FieldType.number && Object.keys(labels).length > 0 ? { labels } : {}),
  };
}
