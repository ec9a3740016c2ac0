import { outputsOfStack } from './deployed.js';

/**
 * @import { StackEvent } from '@aws-sdk/client-cloudformation'
 * @import { AwsProvider, Log, Serverless } from '../types.d.ts'
 */

/** The logical id of the table in infra/table.js. */
const TABLE = 'MessagesTable';

/**
 * Hooks that report a table that outlives its stack, after `serverless remove` and after a first deploy
 * that failed.
 *
 * @param {Serverless} serverless
 * @param {Log} log
 */
export function tableHooks(serverless, log) {
  const { service } = serverless;
  const provider = () => serverless.getProvider('aws');
  const isKept = () => service.resources?.Resources?.[TABLE]?.DeletionPolicy === 'Retain';
  /** @type {string | undefined} */
  let table;
  return {
    /** Runs before a removal. Afterwards the stack is gone, and nothing else knows the table's name. */
    async note() {
      if (!isKept()) return;
      try {
        table = (await outputsOfStack(provider())).MessagesTableName;
      } catch (failure) {
        log.warning(`The name of the table is not known: ${messageOf(failure)}`);
      }
    },

    async sayWhatIsKept() {
      if (!isKept()) return;
      const { stage } = service.provider;
      const lines = howToReadTable({ table, stage, region: provider().getRegion() });
      log.notice(`\n${lines.join('\n')}`);
    },

    /** @param {{ code?: string } | undefined} error Why the deploy failed. */
    async sayWhatIsLeft(error) {
      if (!/^AWS_CLOUD_FORMATION_(CREATE|UPDATE)_STACK_/.test(error?.code ?? '') || !isKept())
        return;
      try {
        const left = tableLeftBehind(await eventsOfOperation(provider()));
        if (!left) return;
        const stack = provider().naming.getStackName();
        const lines = whatToDoAboutTable({ table: left, stack, region: provider().getRegion() });
        log.error(`\n${lines.join('\n')}`);
      } catch (failure) {
        // The deploy's error matters more than this one.
        log.warning(`It is not known whether a table is left: ${messageOf(failure)}`);
      }
    },
  };
}

/** @param {unknown} failure */
const messageOf = (failure) => /** @type {Error} */ (failure).message;

/** CloudFormation's events since the deploy began, latest first. @param {AwsProvider} provider */
async function eventsOfOperation(provider) {
  const { paginateDescribeStackEvents } = await import('@aws-sdk/client-cloudformation');
  const client = await provider.getCloudFormationClient();
  const StackName = provider.naming.getStackName();
  const events = [];
  for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client }, { StackName })) {
    events.push(...StackEvents);
    if (StackEvents.some(startsOperation)) break;
  }
  return events;
}

/** @param {StackEvent} event */
const startsOperation = ({ ResourceType, ResourceStatus }) =>
  ResourceType === 'AWS::CloudFormation::Stack' &&
  /^(CREATE|UPDATE)_IN_PROGRESS$/.test(ResourceStatus ?? '');

/**
 * The table that a failed deploy has made. The rollback keeps it (DeletionPolicy).
 *
 * @param {readonly StackEvent[]} events The latest first.
 * @returns {string | undefined} Its name.
 */
export function tableLeftBehind(events) {
  const start = events.findIndex(startsOperation);
  const operation = start < 0 ? events : events.slice(0, start);
  // An event without a name comes before AWS was asked to make anything.
  return operation.find(
    ({ LogicalResourceId, ResourceStatus, PhysicalResourceId }) =>
      LogicalResourceId === TABLE && ResourceStatus?.startsWith('CREATE_') && PhysicalResourceId,
  )?.PhysicalResourceId;
}

/** What to do about it. @param {{ table: string, stack: string, region: string }} names */
export function whatToDoAboutTable({ table, stack, region }) {
  const command = (/** @type {string} */ text) => `  aws ${text} --region ${region}`;
  return [
    `The deploy had made the table ${table} before it failed. The rollback keeps that table and its`,
    'protection. The next deploy makes another table, so nothing needs this one. See what is in it:',
    command(`dynamodb scan --select COUNT --table-name ${table}`),
    'If it is empty, delete it after the rollback:',
    command(`cloudformation wait stack-rollback-complete --stack-name ${stack}`),
    command(`dynamodb update-table --no-deletion-protection-enabled --table-name ${table}`),
    command(`dynamodb wait table-exists --table-name ${table}`),
    command(`dynamodb delete-table --table-name ${table}`),
    'See docs/deploy.md#a-deploy-that-fails.',
  ];
}

/**
 * How to read a table that `serverless remove` has kept.
 *
 * @param {{ table: string | undefined, stage: string, region: string }} names `table` is undefined if its
 * name is unknown.
 */
function howToReadTable({ table, stage, region }) {
  const kept = `The table with the messages of the stage ${stage} is kept`;
  if (table === undefined) return [`${kept}: see docs/deploy.md#remove.`];
  return [
    `${kept}: ${table}, in ${region}. To read it:`,
    `  bin/inbound-sms list --table ${table} --region ${region}`,
    '`show`, `stats`, `export`, `forget`, `replay` and `console` take --table, too.',
    'See docs/deploy.md#remove.',
  ];
}
