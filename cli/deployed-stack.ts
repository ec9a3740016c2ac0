import type { CloudFormationClient, Stack } from '@aws-sdk/client-cloudformation';
import { currentToken } from '../infra/plugin/webhook-tokens.js';
import { abortable } from '../lib/operations/abortable.ts';
import { AwsClients } from './aws-clients.ts';
import { CliError, usageError } from './cli-error.ts';
import type { StackOptions } from './command.ts';
import { EXIT } from './exit-codes.ts';
import type { Runtime } from './runtime.ts';
import type { StackFacts } from './stack.ts';
import { readUserFiles } from './user-files.ts';

/** The same as in serverless.yml: where a deploy goes if nothing says otherwise. */
const DEFAULT_REGION = 'ap-southeast-2';

/**
 * Finds a deployed stack through CloudFormation, as a deploy with the same settings would.
 *
 * @throws {CliError} If there is none of that name.
 */
export async function findDeployedStack(
  options: StackOptions,
  runtime: Runtime,
): Promise<StackFacts> {
  if (options.stage === 'local') {
    throw usageError(
      'The stage "local" is never deployed.',
      'Use --local instead of --stage local.',
    );
  }
  const { environment, signal } = runtime;
  const { service } = readUserFiles(options.stage, runtime);
  if (options.profile !== undefined) dropKeys(environment);
  const { AWS_REGION, AWS_DEFAULT_REGION, WEBHOOK_TOKENS } = environment;
  const region = options.region || AWS_REGION || AWS_DEFAULT_REGION || DEFAULT_REGION;
  const name = options.stack ?? `${service}-${options.stage}`;
  const clients = new AwsClients({ region, profile: options.profile });
  const { Outputs = [] } = await describe(await clients.cloudformation(), name, region, signal);
  return {
    name,
    region,
    isLocal: false,
    outputs: Object.fromEntries(
      Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    ),
    token: currentToken(WEBHOOK_TOKENS),
    clients,
    logGroup: async (functionKey) =>
      logGroupOf(await clients.cloudformation(), name, functionKey, signal),
  };
}

/** The SDK takes the profile as well, but warns that it may prefer the keys one day. */
function dropKeys(environment: Runtime['environment']): void {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
    delete environment[name];
  }
}

async function describe(
  client: CloudFormationClient,
  name: string,
  region: string,
  signal: AbortSignal,
): Promise<Stack> {
  const { DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const command = new DescribeStacksCommand({ StackName: name });
  try {
    const { Stacks } = await abortable(signal, (abort) => client.send(command, abort));
    if (Stacks?.[0]) return Stacks[0];
  } catch (error) {
    if (!(error instanceof Error && /does not exist/.test(error.message))) throw error;
  }
  throw new CliError(
    EXIT.notFound,
    `There is no stack ${name} in ${region}.`,
    'Name the stage with --stage, the region with --region and the account with --profile.',
  );
}

/** serverless names the log group's resource after the function: `ReceiveSmsLogGroup`. */
async function logGroupOf(
  client: CloudFormationClient,
  stackName: string,
  functionKey: string,
  signal: AbortSignal,
): Promise<string> {
  const { DescribeStackResourceCommand } = await import('@aws-sdk/client-cloudformation');
  const logicalId = `${functionKey.charAt(0).toUpperCase()}${functionKey.slice(1)}LogGroup`;
  const command = new DescribeStackResourceCommand({
    StackName: stackName,
    LogicalResourceId: logicalId,
  });
  const { StackResourceDetail } = await abortable(signal, (abort) => client.send(command, abort));
  return StackResourceDetail?.PhysicalResourceId ?? '';
}
