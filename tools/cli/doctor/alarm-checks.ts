import type { CloudWatchClientConfig } from '@aws-sdk/client-cloudwatch';
import { ALARM_NAMES } from '../../../infra/alarm-list.js';
import { abortable } from '../../archive/abortable.ts';
import type { Stack } from '../stack.ts';
import { type Check, type Finding, finding, RESTORE } from './finding.ts';
import { listSubscriptions, subscribeAgain } from './subscriptions.ts';

/** The alarm for which no data is bad: see infra/alarm-list.js. */
const SILENT_IF_NO_DATA = 'pending-too-long';

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
      const alarms = await readAlarms(clients.config(), `${name}-`, signal);
      return alarmFindings(alarms, { hadAlarms: outputs.AlarmTopicArn !== undefined });
    },
  };
}

/**
 * By their whole names: what begins like this stack's may be another's, as that of `prod-eu` does for `prod`.
 * AWS takes 100 names in a call.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
 */
async function readAlarms(
  config: CloudWatchClientConfig,
  prefix: string,
  signal: AbortSignal,
): Promise<Alarm[]> {
  const { CloudWatchClient, DescribeAlarmsCommand } = await import('@aws-sdk/client-cloudwatch');
  const client = new CloudWatchClient(config);
  const alarms: Alarm[] = [];
  try {
    const AlarmNames = ALARM_NAMES.map((name) => prefix + name);
    let NextToken: string | undefined;
    do {
      const command = new DescribeAlarmsCommand({ AlarmNames, NextToken });
      const page = await abortable(signal, (abort) => client.send(command, abort));
      for (const { AlarmName = '', StateValue = '' } of page.MetricAlarms ?? []) {
        alarms.push({ name: AlarmName.slice(prefix.length), state: StateValue });
      }
      NextToken = page.NextToken;
    } while (NextToken);
  } finally {
    client.destroy();
  }
  return alarms;
}

interface Alarm {
  /** Without the stack's. */
  readonly name: string;
  readonly state: string;
}

/**
 * One for each that goes off; one if none does.
 *
 * @param hadAlarms Whether the version that was deployed makes alarms.
 */
export function alarmFindings(
  alarms: readonly Alarm[],
  { hadAlarms }: { readonly hadAlarms: boolean },
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
  return ringing.map(({ name, state }) => {
    const what = state === 'ALARM' ? 'goes off' : 'has no data: no sweep reports';
    return finding('alarms', 'failed', `${name} ${what}`, {
      hint: `See docs/operations.md#${name}`,
    });
  });
}
