import { describe, expect, it } from 'vitest';
import { alarmFindings } from '../../cli/doctor/alarm-checks.ts';
import { stackFinding } from '../../cli/doctor/stack-checks.ts';
import { tokenFinding } from '../../cli/doctor/webhook-check.ts';

describe('what a deployed stack says', () => {
  it.each([
    ['CREATE_COMPLETE', 'ok'],
    ['UPDATE_COMPLETE', 'ok'],
    ['UPDATE_IN_PROGRESS', 'warning'],
    ['UPDATE_ROLLBACK_COMPLETE', 'warning'],
    ['ROLLBACK_COMPLETE', 'failed'],
    ['UPDATE_ROLLBACK_FAILED', 'failed'],
    ['DELETE_FAILED', 'failed'],
  ])('%s is %s', (status, expected) => {
    expect(stackFinding('prod', status).status).toBe(expected);
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
    const alarms = [
      { name: 'conflicts', state: 'ALARM' },
      { name: 'throttles', state: 'OK' },
    ];
    expect(alarmFindings(alarms)).toEqual([
      {
        check: 'alarms',
        status: 'failed',
        detail: 'conflicts goes off',
        hint: 'See docs/operations.md#conflicts',
      },
    ]);
    expect(alarmFindings(alarms.slice(1))).toMatchObject([{ status: 'ok' }]);
    expect(alarmFindings([])).toMatchObject([{ status: 'failed' }]);
  });
});
