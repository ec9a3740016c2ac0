import { randomUUID } from 'node:crypto';
import { ACCOUNT_ID, REGION } from './aws.ts';
import type { Template } from './template.ts';

/** A rule of the template that regularly calls a function. */
export interface Schedule {
  readonly ruleArn: string;
  readonly functionArn: string;
  readonly everyMs: number;
}

const UNITS_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** The template's enabled schedules. */
export function readSchedules(template: Template): Schedule[] {
  return template
    .resourcesOf('AWS::Events::Rule')
    .filter((rule) => rule.get('State') !== 'DISABLED' && rule.get('ScheduleExpression'))
    .flatMap((rule) => {
      const everyMs = intervalOf(String(rule.get('ScheduleExpression')));
      const ruleArn = template.attribute(rule.logicalId, 'Arn');
      const targets = (rule.get('Targets') ?? []) as Array<{ Arn: string }>;
      return targets.map(({ Arn }) => ({ ruleArn, functionArn: Arn, everyMs }));
    });
}

function intervalOf(expression: string): number {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const unitMs = UNITS_MS[unit];
  if (!unitMs) throw new Error(`The local stack knows only rate(...) schedules, not ${expression}`);
  return Number(count) * unitMs;
}

/** Calls the functions when they are due, until it is disposed of. */
export function startSchedules(
  schedules: readonly Schedule[],
  invoke: (functionArn: string, event: unknown) => Promise<unknown>,
): Disposable {
  const timers = schedules.map((schedule) =>
    // The result is in the function's log. EventBridge ignores it, too.
    setInterval(
      () => void invoke(schedule.functionArn, scheduledEvent(schedule)),
      schedule.everyMs,
    ),
  );
  return { [Symbol.dispose]: () => timers.forEach(clearInterval) };
}

/** The event of a scheduled call. */
export function scheduledEvent({ ruleArn }: Pick<Schedule, 'ruleArn'>): Record<string, unknown> {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: ACCOUNT_ID,
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region: REGION,
    resources: [ruleArn],
    detail: {},
  };
}
