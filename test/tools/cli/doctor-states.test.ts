import { describe, expect, it } from 'vitest';
import { alarmFindings, stackFinding } from '../../../tools/cli/doctor/stack-checks.ts';
import { tokenFinding } from '../../../tools/cli/doctor/webhook-check.ts';

const place = { name: 'inbound-sms-prod', region: 'us-east-1' };

describe('the states of a deployed stack', () => {
  it.each([
    ['CREATE_COMPLETE', 'ok'],
    ['UPDATE_COMPLETE', 'ok'],
    ['UPDATE_IN_PROGRESS', 'warning'],
    ['UPDATE_ROLLBACK_COMPLETE', 'warning'],
    ['IMPORT_ROLLBACK_COMPLETE', 'warning'],
    ['REVIEW_IN_PROGRESS', 'failed'],
    ['DELETE_IN_PROGRESS', 'failed'],
    ['ROLLBACK_COMPLETE', 'failed'],
    ['UPDATE_ROLLBACK_FAILED', 'failed'],
    ['DELETE_FAILED', 'failed'],
    ['UNKNOWN', 'failed'],
  ])('%s is %s', (state, expected) => {
    expect(stackFinding(place, state).status).toBe(expected);
  });

  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
  it.each([
    ['ROLLBACK_COMPLETE', 'delete-stack'],
    ['CREATE_FAILED', 'delete-stack'],
    ['DELETE_FAILED', 'delete-stack'],
    ['REVIEW_IN_PROGRESS', 'delete-stack'],
    ['UPDATE_ROLLBACK_FAILED', 'continue-update-rollback'],
    ['UPDATE_FAILED', 'rollback-stack'],
  ])('%s refuses a deploy, so the hint is first to %s', (state, command) => {
    expect(stackFinding(place, state).hint).toContain(
      `aws cloudformation ${command} --region us-east-1 --stack-name inbound-sms-prod`,
    );
  });

  it.each([
    [405, 'ok'],
    [404, 'failed'],
    [403, 'skipped'],
    [200, 'failed'],
    [500, 'failed'],
  ])('%d to a GET is %s', (status, expected) => {
    expect(tokenFinding(status, 1).status).toBe(expected);
  });

  it('alarms that go off are named, with what to do', () => {
    const deployed = { hadAlarms: true, now: 1 };
    const alarms = [
      { name: 'conflicts', state: 'ALARM', configuredAt: 0 },
      { name: 'throttles', state: 'OK', configuredAt: 0 },
    ];
    expect(alarmFindings(alarms, deployed)).toEqual([
      {
        check: 'alarms',
        status: 'failed',
        detail: 'conflicts goes off',
        hint: 'See docs/operations.md#conflicts',
      },
    ]);
    expect(alarmFindings(alarms.slice(1), deployed)).toMatchObject([{ status: 'ok' }]);
  });

  it('alarms that are gone come with a deploy only if the version before had none', () => {
    const hintOf = (hadAlarms: boolean) => alarmFindings([], { hadAlarms, now: 1 })[0]?.hint;
    expect(hintOf(false)).toMatch(/^Deploy /);
    expect(hintOf(true)).toMatch(/a deploy does not restore it: .*#changed-by-hand$/);
  });
});
