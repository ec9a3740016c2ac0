import { alarmNames } from '../../../infra/alarm-list.js';
import type { Stack } from '../stack.ts';
import { localTime } from '../times.ts';
import { check, type Finding, findingsOf, RESTORE } from './check.ts';

const DEPLOY = 'Deploy this version of the service.';
const WAIT = 'Wait some minutes, then run doctor again.';
const NEEDED = ['MessagesTableName', 'MessagesTopicArn', 'WebhookBaseUrl'];

/** Checks the state of the last deploy. */
export const stackCheck = check('stack', async ({ stack, abort, ok }) => {
  const { name, isLocal, clients } = stack;
  if (isLocal) return ok(`${name}, on this machine`);
  const cloudformation = await clients.cloudformation();
  const { Stacks } = await cloudformation.describeStacks({ StackName: name }, abort);
  return stackFinding(stack, Stacks?.[0]?.StackStatus ?? 'UNKNOWN');
});

/** Names a stack in the commands of a hint. */
type Place = Pick<Stack, 'name' | 'region'>;

/**
 * The finding for a state of the stack, with the way out. Some states do not allow a deploy.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
 */
export function stackFinding(place: Place, state: string): Finding {
  const { ok, warning, failed } = findingsOf('stack');
  const detail = `${place.name} in ${place.region}: ${state}`;
  if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(state)) return ok(detail);
  const isUsable = /_IN_PROGRESS$|^(UPDATE|IMPORT)_ROLLBACK_COMPLETE$/.test(state);
  const works = isUsable && !/^(DELETE|REVIEW)_/.test(state);
  return (works ? warning : failed)(detail, wayOut(place, state));
}

function wayOut({ name, region }: Place, state: string): string {
  const aws = (command: string) =>
    `aws cloudformation ${command} --region ${region} --stack-name ${name}`;
  const events = `Its events say why: ${aws('describe-stack-events')}`;
  switch (state) {
    case 'DELETE_IN_PROGRESS':
      return 'Somebody is removing it. What stays: docs/deploy.md#remove';
    case 'REVIEW_IN_PROGRESS':
      return `Only a change set was made, and nothing was deployed. Delete it, then deploy: ${aws('delete-stack')}`;
    case 'UPDATE_ROLLBACK_COMPLETE':
    case 'IMPORT_ROLLBACK_COMPLETE':
      return `The last deploy failed, and the version before it runs. ${events} Fix that, then deploy.`;
    case 'UPDATE_ROLLBACK_FAILED':
      return `${events} Fix that, then: ${aws('continue-update-rollback')} Until then it refuses every deploy.`;
    case 'UPDATE_FAILED':
      return `${events} Fix that, then: ${aws('rollback-stack')} Then deploy.`;
    case 'ROLLBACK_COMPLETE':
    case 'ROLLBACK_FAILED':
    case 'CREATE_FAILED':
    case 'DELETE_FAILED':
      return `No deploy can change it. ${events} Fix that, delete it (${aws('delete-stack')}), then deploy. docs/deploy.md#a-deploy-that-fails`;
    default:
      return state.endsWith('_IN_PROGRESS') ? 'Wait until the deploy has ended.' : events;
  }
}

/** Checks the outputs that everything else needs. */
export const parametersCheck = check('parameters', async ({ stack, ok, failed }) => {
  const { outputs } = stack;
  const missing = NEEDED.filter((name) => !outputs[name]);
  if (missing.length > 0) return failed(`the stack has no output ${missing.join(', ')}`, DEPLOY);
  const type = stack.topicArn.endsWith('.fifo') ? 'FIFO' : 'standard';
  const format = outputs.MessageFormat ? `, messages as ${outputs.MessageFormat}` : '';
  return ok(`${type} topic${format}`);
});

/** What to do in a state of the table: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html */
const TABLE_HINTS: Readonly<Record<string, string>> = {
  CREATING: WAIT,
  INACCESSIBLE_ENCRYPTION_CREDENTIALS:
    'Enable its KMS key again (kmsKeyArn), or let DynamoDB use it in its policy. After 7 days AWS archives the table.',
};

/** Checks that the table and its indexes can be used. */
export const tableCheck = check('table', async ({ stack, abort, ok, failed }) => {
  const { clients, tableName } = stack;
  const { TIMELINE_INDEX } = await import('../../archive/message-archive-index.ts');
  const { PENDING_INDEX } = await import('../../../lib/aws/message-store.ts');
  const dynamodb = await clients.dynamodb();
  const { Table = {} } = await dynamodb.describeTable({ TableName: tableName }, abort);
  const state = Table.TableStatus ?? 'not there';
  if (!/^(ACTIVE|UPDATING)$/.test(state)) {
    return failed(`${tableName} is ${state}`, TABLE_HINTS[state] ?? RESTORE);
  }
  const statusOf = (index: string) =>
    Table.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === index)?.IndexStatus;
  const inactive = [PENDING_INDEX, TIMELINE_INDEX].filter((index) => statusOf(index) !== 'ACTIVE');
  if (inactive.length > 0) {
    return failed(
      `${inactive.join(' and ')} of ${tableName} cannot be used`,
      inactive.every(statusOf) ? WAIT : `${DEPLOY} If that changes nothing: ${RESTORE}`,
    );
  }
  return ok(
    Table.DeletionProtectionEnabled ? tableName : `${tableName}, not protected against deletion`,
  );
});

/** Checks that DynamoDB deletes expired messages. */
export const retentionCheck = check('retention', async ({ stack, abort, ok, failed, skipped }) => {
  const { clients, isLocal, region, tableName } = stack;
  if (isLocal) return skipped('the local DynamoDB deletes no messages by their age');
  const dynamodb = await clients.dynamodb();
  const described = await dynamodb.describeTimeToLive({ TableName: tableName }, abort);
  const { TimeToLiveStatus = 'DISABLED', AttributeName } = described.TimeToLiveDescription ?? {};
  if (/^ENABL/.test(TimeToLiveStatus) && AttributeName === 'expires_at') {
    return ok('published messages are deleted when they are old enough');
  }
  return failed(
    'published messages are never deleted',
    // A deploy does not see that somebody has switched it off.
    `Switch it on: aws dynamodb update-time-to-live --region ${region} --table-name ${tableName} --time-to-live-specification Enabled=true,AttributeName=expires_at`,
  );
});

/** The alarm `pending-too-long` has the same limit. */
const TOO_LONG_MS = 5 * 60_000;

/** Checks that no message waits too long to be published. */
export const backlogCheck = check('backlog', async ({ stack, signal, ok, failed }) => {
  const archive = await stack.archive();
  const until = Date.now() - TOO_LONG_MS;
  const query = { isPending: true, order: 'oldest-first', limit: 1, until } as const;
  for await (const { message_id, received_at } of archive.list(query, { signal })) {
    return failed(
      `${message_id} has waited since ${localTime(received_at)}`,
      'The sweeper does not publish it: `list --pending`, and docs/operations.md#pending-too-long',
    );
  }
  return ok('no message waits to be published');
});

/** For this alarm, missing data is a failure: see infra/alarm-list.js. */
const SILENT_IF_NO_DATA = 'pending-too-long';

/** How long it may have no data after a deploy: each sweep reports, and CloudWatch reads 5 values. */
const FIRST_DATA_MS = 15 * 60_000;

/** Checks the states of the alarms. */
export const alarmStatesCheck = check('alarms', async ({ stack, abort, skipped }) => {
  const { isLocal, name, clients, outputs } = stack;
  if (isLocal) return skipped('the local stack has no alarms');
  const { paginateDescribeAlarms } = await import('@aws-sdk/client-cloudwatch');
  const client = await clients.cloudwatch();
  // By whole names: the alarms of a stack `prod-eu` begin like those of `prod`.
  // AWS takes 100 names in a call:
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
  const AlarmNames = alarmNames(stack.subscribers).map((alarm) => `${name}-${alarm}`);
  const alarms: Alarm[] = [];
  for await (const page of paginateDescribeAlarms({ client }, { AlarmNames }, abort)) {
    for (const alarm of page.MetricAlarms ?? []) {
      const { AlarmName = '', StateValue = '', AlarmConfigurationUpdatedTimestamp } = alarm;
      alarms.push({
        name: AlarmName.slice(name.length + 1),
        state: StateValue,
        configuredAt: AlarmConfigurationUpdatedTimestamp?.getTime() ?? 0,
      });
    }
  }
  return alarmFindings(alarms, {
    hadAlarms: outputs.AlarmTopicArn !== undefined,
    now: Date.now(),
  });
});

interface Alarm {
  /** Without the name of the stack. */
  readonly name: string;
  readonly state: string;
  /** When it was made or last changed, ms since 1970. */
  readonly configuredAt: number;
}

/**
 * One finding for each alarm that goes off, or one if none does.
 *
 * @param hadAlarms Whether the deployed version makes alarms.
 */
export function alarmFindings(
  alarms: readonly Alarm[],
  { hadAlarms, now }: { readonly hadAlarms: boolean; readonly now: number },
): Finding[] {
  const { ok, warning, failed } = findingsOf('alarms');
  if (alarms.length === 0) return [failed('the stack has no alarms', hadAlarms ? RESTORE : DEPLOY)];
  const findings = alarms.flatMap(({ name, state, configuredAt }) => {
    // The alarms of all subscribers share a section.
    const section = name.replace(/^dead-letters-.*/, 'dead-letters');
    const hint = `See docs/operations.md#${section}`;
    if (state === 'ALARM') return failed(`${name} goes off`, hint);
    if (state !== 'INSUFFICIENT_DATA' || name !== SILENT_IF_NO_DATA) return [];
    const age = now - configuredAt;
    if (age >= FIRST_DATA_MS) return failed(`${name} has no data: no sweep reports`, hint);
    const minutes = Math.max(0, Math.floor(age / 60_000));
    return warning(
      `${name} was made or changed ${minutes} min ago, and has no data yet`,
      `Run doctor again in ${Math.ceil((FIRST_DATA_MS - age) / 60_000)} minutes.`,
    );
  });
  return findings.length > 0 ? findings : [ok(`none of ${alarms.length} goes off`)];
}
