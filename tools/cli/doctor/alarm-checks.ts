import { ALARM_NAMES } from '../../../infra/alarm-list.js';
import { abortable } from '../../archive/abortable.ts';
import type { Stack } from '../stack.ts';
import { type Check, type Finding, finding, RESTORE } from './finding.ts';
import { listSubscriptions, subscribeAgain } from './subscriptions.ts';

/** The alarm for which no data is bad: see infra/alarm-list.js. */
const SILENT_IF_NO_DATA = 'pending-too-long';

/** How long it may be without data after a deploy: each sweep reports, and CloudWatch looks at 5 values. */
const FIRST_DATA_MS = 15 * 60_000;

const LOCAL = 'there are none on this machine';

const SET_EMAIL = 'Set ALARM_EMAIL in .env, or alarmEmail in settings.yml, and deploy.';

/** Whether anybody hears of alarms. */
export function alarmSubscriptionCheck(
  { isLocal, outputs, clients, region }: Stack,
  signal: AbortSignal,
): Check {
  const name = 'alarm e-mail';
  return {
    name,
    run: async () => {
      if (isLocal) return [finding(name, 'skipped', LOCAL)];
      const { AlarmTopicArn } = outputs;
      if (!AlarmTopicArn) {
        return [finding(name, 'failed', 'the stack has no topic for alarms', { hint: SET_EMAIL })];
      }
      const subscriptions = await listSubscriptions(await clients.sns(), AlarmTopicArn, signal);
      if (subscriptions.length === 0) {
        const hint = outputs.AlarmEmail ? byEmail(AlarmTopicArn, region) : SET_EMAIL;
        return [finding(name, 'warning', 'alarms go to nobody', { hint })];
      }
      const confirmed = subscriptions.filter(({ isConfirmed }) => isConfirmed).length;
      if (confirmed < subscriptions.length) {
        const detail = `${subscriptions.length - confirmed} of ${subscriptions.length} subscriptions are not confirmed`;
        const hint = `Open the e-mail from AWS and follow its link. ${byEmail(AlarmTopicArn, region)}`;
        return [finding(name, confirmed === 0 ? 'failed' : 'warning', detail, { hint })];
      }
      return [finding(name, 'ok', `${confirmed} confirmed`)];
    },
  };
}

/** A deploy makes a subscription again only if its address has changed. */
const byEmail = (topicArn: string, region: string) =>
  subscribeAgain({ region, topicArn, protocol: 'email', endpoint: 'YOU@EXAMPLE.COM' });

/** Which alarms are going off. */
export function alarmStatesCheck(stack: Stack, signal: AbortSignal): Check {
  const { isLocal, name, clients, outputs } = stack;
  return {
    name: 'alarms',
    run: async () => {
      if (isLocal) return [finding('alarms', 'skipped', LOCAL)];
      const alarms = await readAlarms(clients, `${name}-`, signal);
      return alarmFindings(alarms, {
        hadAlarms: outputs.AlarmTopicArn !== undefined,
        now: Date.now(),
      });
    },
  };
}

/**
 * By their whole names: what begins like this stack's may be another's, as that of `prod-eu` does for `prod`.
 * AWS takes 100 names in a call.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
 */
async function readAlarms(
  clients: Stack['clients'],
  prefix: string,
  signal: AbortSignal,
): Promise<Alarm[]> {
  const { paginateDescribeAlarms } = await import('@aws-sdk/client-cloudwatch');
  const client = await clients.cloudwatch();
  const AlarmNames = ALARM_NAMES.map((name) => prefix + name);
  const alarms: Alarm[] = [];
  await abortable(signal, async (abort) => {
    for await (const page of paginateDescribeAlarms({ client }, { AlarmNames }, abort)) {
      for (const alarm of page.MetricAlarms ?? []) {
        const { AlarmName = '', StateValue = '', AlarmConfigurationUpdatedTimestamp } = alarm;
        alarms.push({
          name: AlarmName.slice(prefix.length),
          state: StateValue,
          configuredAt: AlarmConfigurationUpdatedTimestamp?.getTime() ?? 0,
        });
      }
    }
  });
  return alarms;
}

interface Alarm {
  /** Without the stack's. */
  readonly name: string;
  readonly state: string;
  /** When it was made or last changed, ms since 1970. */
  readonly configuredAt: number;
}

/**
 * One for each that goes off; one if none does.
 *
 * @param hadAlarms Whether the version that was deployed makes alarms.
 */
export function alarmFindings(
  alarms: readonly Alarm[],
  { hadAlarms, now }: { readonly hadAlarms: boolean; readonly now: number },
): Finding[] {
  if (alarms.length === 0) {
    const hint = hadAlarms ? RESTORE : 'Deploy this version of the service.';
    return [finding('alarms', 'failed', 'the stack has no alarms', { hint })];
  }
  const ringing = alarms.filter(
    ({ name, state }) =>
      state === 'ALARM' || (state === 'INSUFFICIENT_DATA' && name === SILENT_IF_NO_DATA),
  );
  if (ringing.length === 0) return [finding('alarms', 'ok', `none of ${alarms.length} goes off`)];
  return ringing.map(({ name, state, configuredAt }) => {
    const hint = `See docs/operations.md#${name}`;
    if (state === 'ALARM') return finding('alarms', 'failed', `${name} goes off`, { hint });
    const age = now - configuredAt;
    if (age < FIRST_DATA_MS) return noDataYet(name, age);
    return finding('alarms', 'failed', `${name} has no data: no sweep reports`, { hint });
  });
}

function noDataYet(name: string, age: number): Finding {
  const minutes = Math.max(0, Math.floor(age / 60_000));
  const detail = `${name} was made or changed ${minutes} min ago, and has no data yet`;
  const hint = `Run doctor again in ${Math.ceil((FIRST_DATA_MS - age) / 60_000)} minutes.`;
  return finding('alarms', 'warning', detail, { hint });
}
