import { Option } from '@commander-js/extra-typings';
import { CliError, usageError } from './cli-error.ts';
import type { StackOptions } from './command.ts';
import { EXIT } from './exit-codes.ts';
import type { StackFacts } from './stack-facts.ts';

/** For the commands that need no more of a stack than its messages. */
export const tableOption = () =>
  new Option(
    '--table <name>',
    'a table that `serverless remove` has kept: no stack is looked for',
  ).conflicts(['stack', 'local']);

/** A table without its stack. AWS is asked for nothing. */
export function tableFacts(
  table: string,
  place: Pick<StackFacts, 'region' | 'country' | 'clients'>,
  { topicArn }: Pick<StackOptions, 'topicArn'>,
): StackFacts {
  return {
    ...place,
    name: table,
    isLocal: false,
    isTableOnly: true,
    outputs: { MessagesTableName: table, ...(topicArn && { MessagesTopicArn: topicArn }) },
    token: undefined,
    explain: (error) => explainTableError(error, table, place.region),
    logGroup: async () => {
      throw needsStack();
    },
  };
}

/** What a table has not. */
export function needsStack(): CliError {
  return usageError('--table names a table only. This needs a stack, with its logs and its topic.');
}

/** Nothing has looked for the table yet: that it is not there shows at the first call. */
function explainTableError(error: unknown, table: string, region: string): unknown {
  if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') return error;
  return new CliError(
    EXIT.notFound,
    `There is no table ${table} in ${region}.`,
    'Name its region with --region and the account with --profile.',
  );
}
