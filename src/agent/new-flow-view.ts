/** The new flows of the running agent, for metrics, alerts, status page and API. */
import { levelOf } from '../analysis/new-flows/level.ts';
import type { NewFlowSource } from '../metrics/new-flow-families.ts';
import { serviceText } from '../model/address.ts';
import type { FlowSample } from '../model/flow-sample.ts';
import type { Opener } from '../model/new-flows.ts';
import { describeError } from '../model/operator-error.ts';
import type { NewFlowsJson, OpenerJson } from '../model/status-json.ts';
import type { NewFlowService } from './new-flow-service.ts';

/** As many as the page has room for. */
const PAGE_OPENERS = 3;

type Service = Pick<NewFlowService, 'last' | 'problem' | 'failures' | 'lost'>;

/** For the metrics. */
export function newFlowSource(service: Service | undefined, nowMs: number): NewFlowSource | undefined {
  if (service === undefined) return undefined;
  const { last: counted, lost, failures } = service;
  return { counted, ageSeconds: counted && (nowMs - counted.endedMs) / 1000, lost, failures };
}

/** For the status page and /api/v1/status. @param flowSample explains the level together with them */
export function newFlowsJson(
  service: Service | undefined,
  flowSample: FlowSample | undefined,
  isAtLimit: boolean,
  nowMs: number,
): NewFlowsJson {
  if (service === undefined) return { state: 'off' };
  const counted = service.last;
  if (counted === undefined) return { state: 'waiting', problem: service.problem && describeError(service.problem) };
  const { newFlows, endedMs } = counted;
  const { windowSeconds, lost, perSecond, low, high, sources, destinations } = newFlows;
  return {
    state: 'counted',
    ageSeconds: (nowMs - endedMs) / 1000,
    windowSeconds,
    lost,
    perSecond,
    low,
    high,
    sources: sources.top.slice(0, PAGE_OPENERS).map((row) => openerJson(row.address, row)),
    destinations: destinations.top.slice(0, PAGE_OPENERS).map((row) => openerJson(serviceText(row), row)),
    level: flowSample && levelOf(flowSample, newFlows, isAtLimit),
  };
}

function openerJson(address: string, { perSecond, share, low, high }: Opener<unknown>): OpenerJson {
  return { address, perSecond, share, low, high };
}
