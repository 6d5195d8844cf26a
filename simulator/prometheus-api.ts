/** Instant queries to a Prometheus. */

export type Labels = Readonly<Record<string, string>>;
export type Point = { readonly labels: Labels; readonly value: number };

/** An instant vector; a scalar is one point without labels. @param atSeconds since the epoch; now when left out */
export async function query(url: string, expression: string, atSeconds?: number): Promise<Point[]> {
  const parameters = new URLSearchParams({ query: expression, ...(atSeconds && { time: String(atSeconds) }) });
  const answer = await fetch(`${url}/api/v1/query`, { method: 'POST', body: parameters });
  const { data, error } = (await answer.json()) as Answer;
  if (data === undefined) throw new Error(`Cannot query "${expression}": ${error}`);
  if (data.resultType === 'scalar') return [{ labels: {}, value: numberOf(data.result[1]) }];
  return data.result.map(({ metric, value }) => ({ labels: metric, value: numberOf(value[1]) }));
}

type Answer = {
  readonly error?: string;
  readonly data?:
    | { readonly resultType: 'scalar'; readonly result: readonly [number, string] }
    | {
        readonly resultType: 'vector';
        readonly result: readonly { readonly metric: Labels; readonly value: readonly [number, string] }[];
      };
};

function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}
