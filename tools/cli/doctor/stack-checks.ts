import { abortable } from '../../archive/abortable.ts';
import type { Stack } from '../stack.ts';
import { type Check, type Finding, finding, RESTORE } from './finding.ts';
import { stackFinding } from './stack-status.ts';

const DEPLOY = 'Deploy this version of the service.';
const WAIT = 'Wait some minutes, then run doctor again.';
const NEEDED = ['MessagesTableName', 'MessagesTopicArn', 'WebhookBaseUrl'];

/** What CloudFormation says of the last deploy. */
export function stackCheck({ name, region, isLocal, clients }: Stack, signal: AbortSignal): Check {
  return {
    name: 'stack',
    run: async () => {
      if (isLocal) return [finding('stack', 'ok', `${name}, on this machine`)];
      const { DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
      const client = await clients.cloudformation();
      const command = new DescribeStacksCommand({ StackName: name });
      const { Stacks } = await abortable(signal, (abort) => client.send(command, abort));
      return [stackFinding({ name, region }, Stacks?.[0]?.StackStatus ?? 'UNKNOWN')];
    },
  };
}

/** The parameters that everything else depends on, as the stack says them. */
export function parametersCheck(stack: Stack): Check {
  return {
    name: 'parameters',
    run: async () => {
      const { outputs } = stack;
      const missing = NEEDED.filter((name) => !outputs[name]);
      if (missing.length > 0) {
        const detail = `the stack has no output ${missing.join(', ')}`;
        return [finding('parameters', 'failed', detail, { hint: DEPLOY })];
      }
      const type = stack.topicArn.endsWith('.fifo') ? 'FIFO' : 'standard';
      const format = outputs.MessageFormat ? `, messages as ${outputs.MessageFormat}` : '';
      return [finding('parameters', 'ok', `${type} topic${format}`)];
    },
  };
}

/** Whether the table takes messages and lets people find them. */
export function tableCheck(stack: Stack, signal: AbortSignal): Check {
  return {
    name: 'table',
    run: async () => {
      const { clients, tableName } = stack;
      const { TIMELINE_INDEX } = await import('../../archive/message-archive-index.ts');
      const { PENDING_INDEX } = await import('../../../lib/aws/message-store.ts');
      const { DescribeTableCommand } = await import('@aws-sdk/client-dynamodb');
      const client = await clients.dynamodb();
      const command = new DescribeTableCommand({ TableName: tableName });
      const { Table } = await abortable(signal, (abort) => client.send(command, abort));
      const indexes = Table?.GlobalSecondaryIndexes ?? [];
      const isActive = (index: string) =>
        indexes.some(
          ({ IndexName, IndexStatus }) => IndexName === index && IndexStatus === 'ACTIVE',
        );
      const inactive = [PENDING_INDEX, TIMELINE_INDEX].filter((index) => !isActive(index));
      if (Table?.TableStatus !== 'ACTIVE' && Table?.TableStatus !== 'UPDATING') {
        return [stateFinding(tableName, Table?.TableStatus)];
      }
      if (inactive.length > 0) {
        const detail = `${inactive.join(' and ')} of ${tableName} cannot be used`;
        const isBeingMade = inactive.every((index) =>
          indexes.some(({ IndexName, IndexStatus }) => IndexName === index && IndexStatus),
        );
        const hint = isBeingMade ? WAIT : `${DEPLOY} If that changes nothing: ${RESTORE}`;
        return [finding('table', 'failed', detail, { hint })];
      }
      const isProtected = Table.DeletionProtectionEnabled === true;
      const protection = isProtected ? '' : ', not protected against deletion';
      return [finding('table', 'ok', `${tableName}${protection}`)];
    },
  };
}

function stateFinding(tableName: string, state = 'not there'): Finding {
  const detail = `${tableName} is ${state}`;
  return finding('table', 'failed', detail, { hint: TABLE_HINTS[state] ?? RESTORE });
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html */
const TABLE_HINTS: Readonly<Record<string, string>> = {
  CREATING: WAIT,
  INACCESSIBLE_ENCRYPTION_CREDENTIALS:
    'Enable its KMS key again (kmsKeyArn), or let DynamoDB use it in its policy. After 7 days AWS archives the table.',
};

/** Whether DynamoDB deletes what is too old. */
export function retentionCheck(stack: Stack, signal: AbortSignal): Check {
  return {
    name: 'retention',
    run: async () => {
      const { clients, isLocal, region, tableName } = stack;
      if (isLocal) {
        return [finding('retention', 'skipped', 'DynamoDB here does not know the time to live')];
      }
      const { DescribeTimeToLiveCommand } = await import('@aws-sdk/client-dynamodb');
      const client = await clients.dynamodb();
      const command = new DescribeTimeToLiveCommand({ TableName: tableName });
      const { TimeToLiveDescription } = await abortable(signal, (abort) =>
        client.send(command, abort),
      );
      const { TimeToLiveStatus = 'DISABLED', AttributeName } = TimeToLiveDescription ?? {};
      const isOn = /^ENABL/.test(TimeToLiveStatus) && AttributeName === 'expires_at';
      // A deploy does not see that somebody has switched it off.
      const hint = `Switch it on: aws dynamodb update-time-to-live --region ${region} --table-name ${tableName} --time-to-live-specification Enabled=true,AttributeName=expires_at`;
      return isOn
        ? [finding('retention', 'ok', 'published messages are deleted when they are old enough')]
        : [finding('retention', 'failed', 'messages are kept for ever', { hint })];
    },
  };
}
