/** The logical id of the table in infra/table.js. */
const TABLE = 'MessagesTable';

/**
 * The table that a deploy has made before it failed, if it did: its rollback keeps it (DeletionPolicy).
 *
 * @param {readonly import('@aws-sdk/client-cloudformation').StackEvent[]} events The latest first.
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

/** @param {import('@aws-sdk/client-cloudformation').StackEvent} event */
export function startsOperation({ ResourceType, ResourceStatus }) {
  return (
    ResourceType === 'AWS::CloudFormation::Stack' &&
    /^(CREATE|UPDATE)_IN_PROGRESS$/.test(ResourceStatus ?? '')
  );
}

/**
 * What to do about it.
 *
 * @param {{ table: string, stack: string, region: string }} names
 */
export function whatToDoAboutTable({ table, stack, region }) {
  const command = (text) => `  aws ${text} --region ${region}`;
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
 * What to do with a table that `serverless remove` has kept.
 *
 * @param {{ table: string | undefined, stage: string, region: string }} names No table: it is not known.
 */
export function howToReadTable({ table, stage, region }) {
  const kept = `The table with the messages of the stage ${stage} is kept`;
  if (table === undefined) return [`${kept}: see docs/deploy.md#remove.`];
  return [
    `${kept}: ${table}, in ${region}. To read it:`,
    `  bin/inbound-sms list --table ${table} --region ${region}`,
    '`show`, `stats`, `export`, `forget`, `replay` and `console` take --table, too.',
    'See docs/deploy.md#remove.',
  ];
}
