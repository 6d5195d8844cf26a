import { describe, expect, it } from 'vitest';
import { expositionFormat } from '../../../src/web/routes/metrics-route.ts';

const PROMETHEUS_2 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const PROMETHEUS_3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';
const PROMETHEUS_3_TEXT_ONLY = 'text/plain;version=0.0.4;q=0.6,*/*;q=0.5';

describe('expositionFormat()', () => {
  it.each([
    ['Prometheus 2.x', PROMETHEUS_2, 'openmetrics'],
    ['Prometheus 3.x', PROMETHEUS_3, 'openmetrics'],
    ['Prometheus told to scrape text', PROMETHEUS_3_TEXT_ONLY, 'text'],
    ['a client that says nothing', undefined, 'text'],
    ['curl', '*/*', 'text'],
    ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text'],
    ['OpenMetrics without a version', 'application/openmetrics-text', 'openmetrics'],
    ['only the OpenMetrics draft 0.0.1', 'application/openmetrics-text;version=0.0.1', 'text'],
    ['the draft before text', 'application/openmetrics-text;version=0.0.1,text/plain;version=0.0.4;q=0.5', 'text'],
    ['a quoted version', 'Application/OpenMetrics-Text; Version="1.0.0", text/plain;q=0.5', 'openmetrics'],
    ['text liked better', 'application/openmetrics-text;version=1.0.0;q=0.3,text/plain;q=0.9', 'text'],
    ['both liked as much', 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4', 'text'],
    ['OpenMetrics refused', 'application/openmetrics-text;q=0,*/*', 'text'],
    [
      'only this version refused',
      'application/openmetrics-text;version=1.0.0;q=0,application/openmetrics-text',
      'text',
    ],
    ['any application type', 'application/*', 'openmetrics'],
    ['other application types', 'application/*;q=0.9,text/plain;q=0.1,application/openmetrics-text;q=0.05', 'text'],
    ['a weight that is no number', 'application/openmetrics-text;q=high', 'text'],
    ['a weight above 1', 'application/openmetrics-text;q=7', 'text'],
    ['neither of the two', 'application/json', 'text'],
    ['nonsense', ';;q=,,openmetrics/=;', 'text'],
  ])('answers %s with what it likes best', (_client, accept, format) => {
    expect(expositionFormat(accept)).toBe(format);
  });
});
