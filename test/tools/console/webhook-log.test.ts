import { describe, expect, it } from 'vitest';
import { attemptIn } from '../../../tools/console/server/webhook-log.ts';

describe('a line of the log', () => {
  const time = 1_000;
  const read = (fields: object) => attemptIn({ time, text: JSON.stringify(fields) });

  it('says how a request ended', () => {
    const fields = { outcome: 'duplicate', message_id: 'a', duration_ms: 7, attempts: 2 };
    expect(read(fields)).toEqual({
      at: 1_000,
      ms: 7,
      status: 200,
      outcome: 'duplicate',
      message_id: 'a',
    });
  });

  it('says what was wrong', () => {
    const refused = {
      outcome: 'invalid',
      duration_ms: 1,
      reason: 'Fields are missing',
      faults: 'body is missing',
    };
    expect(read(refused)).toEqual({
      at: 1_000,
      ms: 1,
      status: 400,
      outcome: 'invalid',
      reason: 'Fields are missing; body is missing',
    });
  });

  it.each([
    ['publish', 'TimeoutError', 'SNS did not answer in time'],
    ['claim', 'TimeoutError', 'DynamoDB did not answer in time'],
    ['publish', 'Error', 'SNS could not be reached'],
    ['publish', 'KMSDisabledException', 'SNS answered KMSDisabledException'],
    [undefined, 'TypeError', 'TypeError'],
  ])('has the error of the step %s, %s, in words', (step, error, reason) => {
    const failed = { outcome: 'unavailable', duration_ms: 1, step, error };
    expect(read(failed)).toMatchObject({ status: 503, reason });
  });

  it('may be Lambda’s own, of a function that took too long', () => {
    const text = '2026-11-07T10:00:00Z 123 Task timed out after 10.01 seconds';
    expect(attemptIn({ time, text })).toEqual({
      at: 1_000,
      ms: 10_010,
      reason: 'The function took too long',
    });
  });

  it.each([
    'REPORT RequestId: 1 Duration: 5.00 ms',
    '{"outcome":"published"',
    '{"outcome":"published"}',
    '{"duration_ms":5}',
    '{"outcome":5,"duration_ms":5}',
    '["outcome"]',
    'null',
    '',
  ])('is about something else: %s', (text) => {
    expect(attemptIn({ time, text })).toBeUndefined();
  });

  it('may have an outcome that this version does not know', () => {
    expect(read({ outcome: 'constructor', duration_ms: 1 })).toStrictEqual({
      at: 1_000,
      ms: 1,
      outcome: 'constructor',
    });
  });
});
