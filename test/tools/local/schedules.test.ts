import { afterEach, expect, test, vi } from 'vitest';
import type { Properties } from '../../../tools/local/intrinsics.ts';
import { readSchedules, startSchedules } from '../../../tools/local/schedules.ts';
import { Template } from '../../../tools/local/template.ts';

const RULE_ARN = 'arn:aws:events:ap-southeast-2:000000000000:rule/stack-Rule';

function schedules(properties: Properties) {
  const Properties = { Targets: [{ Arn: 'function-arn' }], ...properties };
  const Resources = { Rule: { Type: 'AWS::Events::Rule', Properties } };
  return readSchedules(new Template({ Resources }, 'stack'));
}

afterEach(() => void vi.useRealTimers());

test.each([
  ['rate(1 minute)', 60_000],
  ['rate(5 minutes)', 300_000],
  ['rate(2 hours)', 7_200_000],
  ['rate(1 day)', 86_400_000],
])('%s', (ScheduleExpression, everyMs) => {
  expect(schedules({ ScheduleExpression })).toEqual([
    { ruleArn: RULE_ARN, functionArn: 'function-arn', everyMs },
  ]);
});

test('a schedule of another kind is an error', () => {
  expect(() => schedules({ ScheduleExpression: 'cron(0 1 * * ? *)' })).toThrow(
    'The local stack knows only rate(...) schedules, not cron(0 1 * * ? *)',
  );
});

test('a disabled rule, or one without a schedule, calls nothing', () => {
  expect(schedules({ EventPattern: {} })).toEqual([]);
  expect(schedules({ ScheduleExpression: 'rate(1 minute)', State: 'DISABLED' })).toEqual([]);
});

test('a function is called when it is due, until the stack stops', () => {
  vi.useFakeTimers();
  const invoke = vi.fn(async () => {});
  const running = startSchedules(schedules({ ScheduleExpression: 'rate(1 minute)' }), invoke);
  vi.advanceTimersByTime(59_999);
  expect(invoke).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60_001);
  expect(invoke).toHaveBeenCalledTimes(2);
  expect(invoke).toHaveBeenCalledWith(
    'function-arn',
    expect.objectContaining({ 'detail-type': 'Scheduled Event', resources: [RULE_ARN] }),
  );
  running[Symbol.dispose]();
  vi.advanceTimersByTime(60_000);
  expect(invoke).toHaveBeenCalledTimes(2);
});
