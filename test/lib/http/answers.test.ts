import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { answer, answerErrors } from '../../../lib/http/answers.ts';
import {
  ANSWERS,
  type FieldFault,
  metricOf,
  type Outcome,
  RequestRefused,
} from '../../../lib/http/outcomes.ts';
import { DeliveryFailed } from '../../../lib/messages/delivery.ts';
import { Observation, type ObservedContext } from '../../../lib/telemetry/observability.ts';

/** The promises of docs/errors.md, repeated here so that a change of the table is deliberate. */
const EXPECTED: Record<Outcome, { status: number; headers?: Record<string, string> }> = {
  published: { status: 200 },
  duplicate: { status: 200 },
  'in-flight': { status: 503, headers: { 'retry-after': '5' } },
  unavailable: { status: 503, headers: { 'retry-after': '5' } },
  conflict: { status: 409 },
  invalid: { status: 400 },
  'not-a-form': { status: 415 },
  'too-large': { status: 413 },
  'unknown-token': { status: 404 },
  'source-not-allowed': { status: 403 },
  'number-not-allowed': { status: 403 },
  'method-not-allowed': { status: 405, headers: { allow: 'POST' } },
  failed: { status: 500 },
};
const OUTCOMES = Object.keys(ANSWERS) as Outcome[];
const bodyOf = ({ body }: APIGatewayProxyStructuredResultV2) => JSON.parse(body ?? '');

describe('the answer', () => {
  it.each(OUTCOMES)('to %s has its status and headers', (outcome) => {
    const { statusCode, headers } = answer(outcome);
    const { status, headers: own } = EXPECTED[outcome];
    expect(statusCode).toBe(status);
    expect(headers).toEqual({
      'content-type': status === 200 ? 'application/json' : 'application/problem+json',
      'cache-control': 'no-store',
      ...own,
    });
  });

  it('is 200 only for a message that is stored and published', () => {
    const delivered = OUTCOMES.filter((outcome) => answer(outcome).statusCode === 200);
    expect(delivered).toEqual(['published', 'duplicate']);
  });

  it.each(OUTCOMES.filter((outcome) => EXPECTED[outcome].status !== 200))(
    'to %s is a problem',
    (outcome) => {
      expect(bodyOf(answer(outcome, { detail: 'why' }))).toEqual({
        type: `urn:inbound-sms:problem:${outcome}`,
        title: ANSWERS[outcome].title,
        status: EXPECTED[outcome].status,
        detail: 'why',
      });
    },
  );

  it.each(['published', 'duplicate'] as const)('to %s names the message', (outcome) => {
    expect(bodyOf(answer(outcome, { message_id: 'm1' }))).toEqual({ outcome, message_id: 'm1' });
  });
});

/** The result of a handler that throws: the answer and the log line's fields. */
async function answerTo(error: unknown) {
  const observation = new Observation();
  const context = { observation, getRemainingTimeInMillis: () => 10_000 };
  const handler = middy<
    APIGatewayProxyEventV2,
    APIGatewayProxyStructuredResultV2,
    Error,
    ObservedContext
  >()
    .use(answerErrors())
    .handler(() => Promise.reject(error));
  const response = await handler({} as APIGatewayProxyEventV2, context as ObservedContext);
  return {
    response,
    line: JSON.parse(observation.toLine('done', { service: 'sms', stage: 'test' }, 0)),
  };
}

describe('a refused request', () => {
  it('is answered with all faults', async () => {
    const faults: FieldFault[] = [
      { field: 'from', reason: 'is missing' },
      { field: 'message_id', reason: 'is there more than once' },
    ];
    const reason = 'Fields are missing or malformed';
    const { response, line } = await answerTo(new RequestRefused('invalid', reason, { faults }));
    expect(response.statusCode).toBe(400);
    expect(bodyOf(response)).toMatchObject({ detail: reason, errors: faults });
    expect(line).toMatchObject({
      level: 'WARN',
      outcome: 'invalid',
      reason,
      faults: 'from is missing; message_id is there more than once',
      Invalid: 1,
    });
  });

  it('may tell the caller more than the log', async () => {
    const detail = 'as text/sent-by-the-caller';
    const { response, line } = await answerTo(
      new RequestRefused('not-a-form', 'The body is not a form', { detail }),
    );
    expect(bodyOf(response).detail).toBe(detail);
    expect(line.reason).toBe('The body is not a form');
    expect(JSON.stringify(line)).not.toContain('sent-by-the-caller');
  });

  it('has no errors if no field has a fault', async () => {
    const reason = 'There is nothing at this URL';
    const { response, line } = await answerTo(new RequestRefused('unknown-token', reason));
    expect(response).toEqual(answer('unknown-token', { detail: reason }));
    expect(bodyOf(response)).not.toHaveProperty('errors');
    expect(line).not.toHaveProperty('faults');
  });
});

describe('a failure', () => {
  const secret = 'SECRET';
  const failures: [string, Outcome, unknown][] = [
    ['of the store', 'unavailable', new DeliveryFailed('claim', new Error(secret))],
    ['of the topic', 'unavailable', new DeliveryFailed('publish', new Error(secret))],
    ['to be in time', 'unavailable', Object.assign(new Error(secret), { name: 'TimeoutError' })],
    ['of our own', 'failed', new TypeError(secret, { cause: new Error(secret) })],
    ['that is no error', 'failed', secret],
    ['that is null', 'failed', null],
  ];

  it.each(failures)('%s is answered %s without its cause', async (_, outcome, error) => {
    const { response, line } = await answerTo(error);
    expect(response).toEqual(answer(outcome));
    expect(JSON.stringify(response)).not.toContain(secret);
    expect(line).toMatchObject({ level: 'ERROR', outcome, [metricOf(outcome)]: 1 });
  });

  it.each(['claim', 'publish'] as const)('at the step %s is logged with it', async (step) => {
    const { line } = await answerTo(new DeliveryFailed(step, new Error(secret)));
    expect(line.step).toBe(step);
  });
});

it('counts each outcome under its own name', () => {
  expect(metricOf('published')).toBe('Published');
  expect(metricOf('in-flight')).toBe('InFlight');
  expect(metricOf('not-a-form')).toBe('NotAForm');
  expect(new Set(OUTCOMES.map(metricOf)).size).toBe(OUTCOMES.length);
});
