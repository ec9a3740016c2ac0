import {
  billOf,
  type Charge,
  type Retention,
  type Standing,
  standingCharges,
  total,
} from './bill.ts';
import type { Observation, ObservedMessage } from './observe.ts';
import { type Peer, sweepUsage, usageOf } from './peers.ts';
import type { Region } from './prices.ts';
import type { BilledTemplate } from './service-template.ts';
import { sum, times, type Usage } from './usage.ts';

export const PEERS: readonly Peer[] = ['ours', 'floor', 'powertools', 'naive'];

const MILLION = 1_000_000;
/** Of a month of 730 hours, one a minute. */
const SWEEPS_A_MONTH = 43_800;

/**
 * Both functions ask DynamoDB and SNS, and each of these asks KMS for the key about every five
 * minutes: 2 × 2 × 12 × 720 in a month. From knowledge.
 */
const KMS_REQUESTS_A_MONTH = 34_560;

/** Messages a month for which the whole bill is shown. */
const VOLUMES = [0, 1_000, 100_000, MILLION, 10 * MILLION];

export interface CostAssumptions {
  readonly region: Region;
  readonly milliseconds: number;
  readonly sweepMilliseconds: number;
}

export interface MeasuredCost {
  readonly assumptions: CostAssumptions & { readonly memoryMb: number };
  readonly retention: Retention;
  readonly observation: Observation;
  /** Of a million typical messages. */
  readonly perMillion: Readonly<Record<Peer, { readonly usage: Usage; readonly bill: Charge[] }>>;
  /** Of a million messages of each sample, ours. */
  readonly bySample: readonly { readonly name: string; readonly usd: number }[];
  /** Of a month without messages. */
  readonly idle: readonly Charge[];
  readonly months: readonly {
    readonly messages: number;
    readonly usd: number;
    readonly aboveFreeTier: number;
  }[];
}

/** @throws {Error} If no message was observed. */
export function measuredCost(
  observation: Observation,
  template: BilledTemplate,
  assumptions: CostAssumptions,
): MeasuredCost {
  const { region, milliseconds, sweepMilliseconds } = assumptions;
  const { memoryMb, sweeperMemoryMb, accessLogLine, retention, indexes } = template;
  const [typical] = observation.messages;
  if (!typical) throw new Error('No message was observed');
  const surroundings = { milliseconds, memoryMb, accessLogLine, indexes };
  const million = (peer: Peer, message: ObservedMessage) =>
    times(MILLION, usageOf(peer, message, surroundings));

  const sweeps = times(
    SWEEPS_A_MONTH,
    sweepUsage(observation.sweep, {
      milliseconds: sweepMilliseconds,
      memoryMb: sweeperMemoryMb,
    }),
  );
  const standing = (messages: number): Standing => ({
    alarmMetrics: template.alarmMetrics,
    dashboards: template.dashboards,
    customMetrics:
      metricNames(observation.sweep.logLine).length +
      (messages > 0 ? metricNames(typical.logLine).length : 0),
    kmsRequests: KMS_REQUESTS_A_MONTH,
  });
  const monthOf = (messages: number) => [
    ...billOf(sum(sweeps, times(messages / MILLION, million('ours', typical))), retention, region),
    ...standingCharges(standing(messages), region),
  ];
  return {
    assumptions: { ...assumptions, memoryMb },
    retention,
    observation,
    perMillion: {
      ours: priced(million('ours', typical)),
      floor: priced(million('floor', typical)),
      powertools: priced(million('powertools', typical)),
      naive: priced(million('naive', typical)),
    },
    bySample: observation.messages.map((message) => ({
      name: message.name,
      usd: total(billOf(million('ours', message), retention, region)).usd,
    })),
    idle: monthOf(0),
    months: VOLUMES.map((messages) => ({ messages, ...total(monthOf(messages)) })),
  };

  function priced(usage: Usage) {
    return { usage, bill: billOf(usage, retention, region) };
  }
}

/** The custom metrics that a log line makes. */
export function metricNames(logLine: string): string[] {
  const { _aws } = JSON.parse(logLine) as {
    _aws?: { CloudWatchMetrics: { Metrics: { Name: string }[] }[] };
  };
  return (_aws?.CloudWatchMetrics ?? []).flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name));
}
