import middy from '@middy/core';
import { describe, expect, it } from 'vitest';
import { noteOutcome } from '../../../lib/http/answers.ts';
import type { Outcome } from '../../../lib/http/outcomes.ts';
import {
  Observation,
  type ObservedContext,
  observe,
} from '../../../lib/telemetry/observability.ts';

const NOW = 1_700_000_000_000;
const DIMENSIONS = { service: 'inbound-sms', stage: 'prod' };

describe('the line', () => {
  const line = (prepare: (observation: Observation) => void) => {
    const observation = new Observation();
    prepare(observation);
    return observation.toLine('done', DIMENSIONS, NOW);
  };

  it('is one line of JSON', () => {
    const text = line((observation) => {
      observation.raise('WARN');
      observation.note({ reason: 'a\nb\r"c"', absent: undefined });
      observation.note({ attempts: 2, marked: false });
    });
    expect(text).not.toMatch(/[\n\r]/);
    expect(JSON.parse(text)).toEqual({
      level: 'WARN',
      message: 'done',
      timestamp: new Date(NOW).toISOString(),
      ...DIMENSIONS,
      reason: 'a\nb\r"c"',
      attempts: 2,
      marked: false,
    });
  });

  it('carries its metrics in the Embedded Metric Format', () => {
    const root = JSON.parse(
      line((observation) => {
        observation.metric('Published');
        observation.metric('Duration', 12.5);
        observation.metric('Pending', 0);
      }),
    );
    expect(root).toMatchObject({ Published: 1, Duration: 12.5, Pending: 0 });
    expect(root._aws).toEqual({
      Timestamp: NOW,
      CloudWatchMetrics: [
        {
          Namespace: 'InboundSms',
          Dimensions: [['service', 'stage']],
          Metrics: [
            { Name: 'Published', Unit: 'Count' },
            { Name: 'Duration', Unit: 'Milliseconds' },
            { Name: 'Pending', Unit: 'Count' },
          ],
        },
      ],
    });
  });

  it('has a root field with a number for every metric and a text for every dimension', () => {
    const root = JSON.parse(
      line((observation) => {
        observation.metric('Published');
        observation.note({ Published: 'a field of the same name', outcome: 'published' });
      }),
    );
    const [{ Dimensions, Metrics }] = root._aws.CloudWatchMetrics;
    expect(Metrics).toMatchObject([{ Name: 'Published' }]);
    expect(root.Published).toBeTypeOf('number');
    expect(Dimensions.flat().toSorted()).toEqual(Object.keys(DIMENSIONS).toSorted());
    for (const name of Object.keys(DIMENSIONS)) expect(root[name]).toBeTypeOf('string');
  });
});

describe('an outcome', () => {
  const lineOf = (outcome: Outcome, requests?: number) => {
    const observation = new Observation();
    // The sweeper's publish attempts are not requests of the PBX.
    noteOutcome(
      observation,
      outcome,
      requests === undefined ? undefined : { requests, publish_attempts: 20 },
    );
    return JSON.parse(observation.toLine('done', DIMENSIONS, NOW));
  };

  it.each([
    ['published', 'Published'],
    ['in-flight', 'InFlight'],
    ['not-a-form', 'NotAForm'],
  ] as const)('%s is logged, and counted as %s', (outcome, metric) => {
    expect(lineOf(outcome, 2)).toMatchObject({ outcome, requests: 2, attempts: 20, [metric]: 1 });
    expect(lineOf(outcome)).not.toHaveProperty('requests');
  });

  it('is reported from the 7th of the PBX’s 10 requests on, unless the message is delivered', () => {
    expect(lineOf('unavailable', 6)).not.toHaveProperty('RetryBudgetLow');
    expect(lineOf('unavailable', 7)).toHaveProperty('RetryBudgetLow', 1);
    expect(lineOf('unavailable')).not.toHaveProperty('RetryBudgetLow');
    expect(lineOf('published', 7)).not.toHaveProperty('RetryBudgetLow');
  });
});

describe('the middleware', () => {
  const context = () =>
    ({
      awsRequestId: 'r-1',
      functionName: 'receive-sms',
      getRemainingTimeInMillis: () => 10_000,
    }) as ObservedContext;

  /** Runs an observed handler. The clock advances only by the handler's 25 ms. */
  async function run(work: () => string, answered?: string, invocations = 1) {
    const options = { ...DIMENSIONS, durationMetric: 'Duration' } as const;
    const lines: string[] = [];
    let time = NOW;
    const handler = middy<unknown, string, Error, ObservedContext>()
      .use(observe({ ...options, now: () => time, write: (line) => void lines.push(line) }))
      .use({
        onError: (request) => {
          if (answered) request.response = answered;
        },
      })
      .handler(async () => {
        time += 25;
        return work();
      });
    let result: unknown;
    for (let n = 0; n < invocations; n++) {
      result = await handler({}, context()).catch((error: Error) => error);
    }
    return { result, lines: lines.map((line) => JSON.parse(line)) };
  }
  const fail = () => {
    throw new TypeError('a quoted body');
  };

  it('writes one line on success', async () => {
    const { result, lines } = await run(() => 'fine');
    expect(result).toBe('fine');
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'INFO',
        ...DIMENSIONS,
        request_id: 'r-1',
        function: 'receive-sms',
        duration_ms: 25,
        Duration: 25,
      }),
    ]);
    expect(lines[0]).not.toHaveProperty('error');
  });

  it('writes one line for an answered error, and does not change the answer', async () => {
    const { result, lines } = await run(fail, 'sorry');
    expect(result).toBe('sorry');
    expect(lines).toEqual([expect.objectContaining({ level: 'INFO', Duration: 25 })]);
    expect(lines[0]).not.toHaveProperty('error');
  });

  it('writes one line for an unanswered error, with its description', async () => {
    const { result, lines } = await run(fail);
    expect(result).toBeInstanceOf(TypeError);
    expect(lines).toEqual([
      expect.objectContaining({
        ...{ level: 'ERROR', message: 'failed', error: 'TypeError', Duration: 25 },
      }),
    ]);
  });

  it('reports a cold start once', async () => {
    const { lines } = await run(() => 'fine', undefined, 2);
    expect(lines[0]).toHaveProperty('cold_start', true);
    expect(lines[1]).not.toHaveProperty('cold_start');
  });
});
