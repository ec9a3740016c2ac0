import type { CloudFormationClient, Stack } from '@aws-sdk/client-cloudformation';
import { currentToken } from '../../infra/plugin/webhook-tokens.js';
import { findRegion } from '../../infra/region.js';
import { abortable } from '../archive/abortable.ts';
import { AwsClients } from './aws-clients.ts';
import { CliError, usageError } from './cli-error.ts';
import type { StackOptions } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { useProxies } from './proxies.ts';
import type { Runtime } from './runtime.ts';
import type { StackFacts } from './stack-facts.ts';
import { tableFacts } from './table-option.ts';
import { readUserFiles } from './user-files.ts';

/**
 * Finds a deployed stack through CloudFormation, as a deploy with the same settings would. With `--table` it
 * takes the table instead, and looks for nothing.
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
  const { service, country } = readUserFiles(options.stage, runtime);
  refuseWrongEndpoints(environment);
  const { region: given, profile = environment.AWS_PROFILE || undefined } = options;
  if (profile !== undefined) dropKeys(environment);
  const region = await findRegion({ given, profile, environment });
  refuseWrongRegion(region);
  const proxies = useProxies(environment);
  const clients = new AwsClients({ region, profile, proxies });
  if (options.table !== undefined) {
    return tableFacts(options.table, { region, country, clients }, options);
  }
  const name = options.stack ?? `${service}-${options.stage}`;
  const { Outputs = [] } = await describe(await clients.cloudformation(), name, region, signal);
  return {
    name,
    region,
    isLocal: false,
    country,
    outputs: Object.fromEntries(
      Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    ),
    token: currentToken(environment.WEBHOOK_TOKENS),
    clients,
    logGroup: async (functionKey) =>
      logGroupOf(await clients.cloudformation(), name, functionKey, signal),
  };
}

/** The SDK would take it for a part of a URL. */
function refuseWrongRegion(region: string): void {
  if (/^[a-z0-9-]+$/i.test(region)) return;
  throw usageError(
    `"${region}" is not an AWS region.`,
    'A region looks like ap-southeast-2. It comes from --region, AWS_REGION, AWS_DEFAULT_REGION or the profile.',
  );
}

/** @throws {CliError} If an address that leads to an emulator is not one. */
function refuseWrongEndpoints(environment: Runtime['environment']): void {
  for (const [name, value] of Object.entries(environment)) {
    if (!value || !/^AWS_ENDPOINT_URL(_[A-Z0-9_]+)?$/.test(name)) continue;
    if (/^https?:\/\//i.test(value) && URL.canParse(value)) continue;
    throw usageError(
      `${name} is not a URL: "${value}".`,
      'Set it to a URL such as http://localhost:4566, or unset it.',
    );
  }
}

/** The SDK takes the profile as well, but warns on stderr that it may prefer the keys one day. */
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
    // CloudFormation has an error for a stack that is not there.
    throw new CliError(
      EXIT.failed,
      'What answers in the place of CloudFormation is not AWS.',
      'Check AWS_ENDPOINT_URL, HTTPS_PROXY and the network.',
    );
  } catch (error) {
    const isAbsent = error instanceof Error && /does not exist/.test(error.message);
    if (!isAbsent || error instanceof CliError) throw error;
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
