import { abortable } from '../../lib/operations/abortable.ts';
import type { Stack } from '../stack.ts';
import { type Check, type Finding, finding } from './finding.ts';

const DEPLOY = 'Deploy this version of the service.';
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
      return [stackFinding(`${name} in ${region}`, Stacks?.[0]?.StackStatus ?? 'UNKNOWN')];
    },
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html */
export function stackFinding(stack: string, status: string): Finding {
  const detail = `${stack}: ${status}`;
  if (status.endsWith('_IN_PROGRESS')) {
    return finding('stack', 'warning', detail, { hint: 'Wait until the deploy has ended.' });
  }
  if (status === 'UPDATE_ROLLBACK_COMPLETE') {
    const hint = 'The last deploy failed, and the version before it runs: deploy again.';
    return finding('stack', 'warning', detail, { hint });
  }
  if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) return finding('stack', 'ok', detail);
  const hint = 'Look at its events in the CloudFormation console, then deploy again.';
  return finding('stack', 'failed', detail, { hint });
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
      const { TIMELINE_INDEX } = await import('../../lib/operations/message-archive-index.ts');
      const { PENDING_INDEX } = await import('../../lib/message-store.ts');
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
        const detail = `${tableName} is ${Table?.TableStatus ?? 'not there'}`;
        return [finding('table', 'failed', detail, { hint: DEPLOY })];
      }
      if (inactive.length > 0) {
        const detail = `${inactive.join(' and ')} of ${tableName} cannot be used`;
        const hint = `An index that is being made can be used when it is complete. Otherwise: ${DEPLOY}`;
        return [finding('table', 'failed', detail, { hint })];
      }
      const isProtected = Table.DeletionProtectionEnabled === true;
      const protection = isProtected ? '' : ', not protected against deletion';
      return [finding('table', 'ok', `${tableName}${protection}`)];
    },
  };
}

/** Whether DynamoDB deletes what is too old. */
export function retentionCheck(stack: Stack, signal: AbortSignal): Check {
  return {
    name: 'retention',
    run: async () => {
      const { clients, isLocal, tableName } = stack;
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
      return isOn
        ? [finding('retention', 'ok', 'published messages are deleted when they are old enough')]
        : [finding('retention', 'failed', 'messages are kept for ever', { hint: DEPLOY })];
    },
  };
}
