import { statSync } from 'node:fs';
import { devNull } from 'node:os';
import { loadDotenv } from '../../infra/plugin/dotenv.js';
import { countryOf, LOCAL_STAGE, readSettingsFile } from '../../infra/plugin/settings.js';
import { findRegion } from '../../infra/region.js';
import { connectionProblem } from '../pbx-simulator/connection-problem.ts';
import { AwsClients } from './aws-clients.ts';
import { useProxies } from './aws-http.ts';
import { CliError, EXIT, usageError } from './cli-error.ts';
import { findToken } from './find-token.ts';
import type { Runtime } from './runtime.ts';
import { type KnownToken, needsStack, type Stack, type StackFacts, stackOf } from './stack.ts';

/** The stage, if neither an option nor a variable names one. */
export const DEFAULT_STAGE = 'dev';

/** The options that name a stack, as the parser returns them. */
export interface StackOptions {
  readonly stage: string;
  readonly stack?: string | undefined;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly local?: string | true | undefined;
  /** For commands that need only the messages of a stack. */
  readonly table?: string | undefined;
  readonly topicArn?: string | undefined;
}

/** What a command needs of its stack. */
export interface Needs {
  /** It also works before the first deploy. */
  readonly mayBeMissing?: boolean;
}

/** The stack that the options name. @throws {CliError} If there is none, or AWS cannot be asked. */
export async function findStack(
  options: StackOptions,
  runtime: Runtime,
  needs: Needs = {},
): Promise<Stack> {
  if (!options.local) return stackOf(await findDeployedStack(options, runtime, needs));
  forgetAws(runtime.environment);
  const { service, country } = readUserFiles(LOCAL_STAGE, runtime);
  const found = await findRunningLocalStack(String(options.local), runtime.signal);
  const selector = selectorOf(options, runtime.environment);
  return stackOf({ ...found, service, stage: LOCAL_STAGE, country, selector });
}

/** The options that name this stack, for another command in the same shell. */
export function selectorOf(options: StackOptions, environment: Runtime['environment']): string[] {
  const { stage, stack, table, region, profile, local } = options;
  if (local) return [`--local=${quoted(String(local))}`];
  const isDefault = stage === DEFAULT_STAGE && !environment.INBOUND_SMS_STAGE;
  const named = { ...(!isDefault && { stage }), stack, table, region, profile };
  return Object.entries(named).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${quoted(value)}`],
  );
}

/** Quoted for a shell, if it needs quotes. */
export const quoted = (text: string) =>
  /^[\w.:/@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Finds the stack through CloudFormation, as a deploy with the same settings would. With `--table` it uses the
 * table, and makes no call to AWS.
 */
async function findDeployedStack(
  options: StackOptions,
  runtime: Runtime,
  { mayBeMissing = false }: Needs,
): Promise<StackFacts> {
  if (options.stage === LOCAL_STAGE) {
    throw usageError(
      'The stage "local" is never deployed.',
      'Use --local instead of --stage local.',
    );
  }
  const { environment, signal } = runtime;
  const { service, country } = readUserFiles(options.stage, runtime);
  refuseWrongEndpoints(environment);
  const { region: given, profile = environment.AWS_PROFILE || undefined } = options;
  if (profile !== undefined) {
    // The SDK also prefers the profile, but warns on stderr that this may change.
    for (const key of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
      delete environment[key];
    }
  }
  const region = await findRegion({ given, profile, environment });
  if (!/^[a-z0-9-]+$/i.test(region)) {
    // The SDK would put it into a URL.
    throw usageError(
      `"${region}" is not an AWS region.`,
      'A region looks like ap-southeast-2. It comes from --region, AWS_REGION, AWS_DEFAULT_REGION or the profile.',
    );
  }
  const clients = new AwsClients({ region, profile, proxies: useProxies(environment) });
  const selector = selectorOf(options, environment);
  const place = { service, region, country, clients, isLocal: false, selector };
  if (options.table !== undefined) {
    const { table: name, topicArn } = options;
    const outputs = { MessagesTableName: name, ...(topicArn && { MessagesTopicArn: topicArn }) };
    const logGroup = () => Promise.reject(needsStack());
    const { stage } = options;
    const webhookToken = () => Promise.reject(needsStack());
    return { ...place, name, stage, isTableOnly: true, outputs, webhookToken, logGroup };
  }

  const name = options.stack ?? `${service}-${options.stage}`;
  const found = await outputsOf(name, region, clients, signal).catch((error: unknown) => {
    if (mayBeMissing && error instanceof CliError && error.exitCode === EXIT.notFound) return;
    throw error;
  });
  const stage = name.startsWith(`${service}-`) ? name.slice(service.length + 1) : undefined;
  let token: Promise<KnownToken> | undefined;
  return {
    ...{ ...place, name, stage },
    ...(!found && { isMissing: true }),
    outputs: found ?? {},
    webhookToken() {
      token ??= findToken({ name, service, stage, clients }, environment, signal);
      return token;
    },
    async logGroup(fn = 'receiveSms') {
      const cloudformation = await clients.cloudformation();
      const { StackResourceDetail } = await cloudformation.describeStackResource(
        // serverless names the resource after the function.
        { StackName: name, LogicalResourceId: `${fn[0]?.toUpperCase()}${fn.slice(1)}LogGroup` },
        { abortSignal: signal },
      );
      return StackResourceDetail?.PhysicalResourceId ?? '';
    },
  };
}

/** @throws {CliError} If the address of an emulator is not a URL. */
function refuseWrongEndpoints(environment: Runtime['environment']): void {
  for (const [name, value] of Object.entries(environment)) {
    if (!value || !/^AWS_ENDPOINT_URL(_[A-Z0-9_]+)?$/.test(name) || isHttpUrl(value)) continue;
    throw usageError(
      `${name} is not a URL: "${value}".`,
      'Set it to a URL such as http://localhost:4566, or unset it.',
    );
  }
}

const isHttpUrl = (text: string) => /^https?:\/\//i.test(text) && URL.canParse(text);

async function outputsOf(
  name: string,
  region: string,
  clients: AwsClients,
  signal: AbortSignal,
): Promise<StackFacts['outputs']> {
  const cloudformation = await clients.cloudformation();
  const asked = cloudformation.describeStacks({ StackName: name }, { abortSignal: signal });
  const { Stacks } = await asked.catch((error: Error) => {
    if (error instanceof CliError || !/does not exist/.test(error.message)) throw error;
    throw new CliError(
      EXIT.notFound,
      `There is no stack ${name} in ${region}.`,
      'Name the stage with --stage, the region with --region and the account with --profile.',
    );
  });
  if (!Stacks?.[0]) {
    // CloudFormation itself would answer with an error.
    throw new CliError(
      EXIT.failed,
      'The answer to a call of CloudFormation does not come from AWS.',
      'Check AWS_ENDPOINT_URL, HTTPS_PROXY and the network.',
    );
  }
  const { Outputs = [] } = Stacks[0];
  return Object.fromEntries(
    Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
  );
}

/**
 * Reads `settings.yml`, and adds the variables of `.env` to the environment. For the local stack, pass
 * `local`: it takes nothing from `.env`.
 *
 * @returns `service`: the first part of each stack's name. `country`: how people write numbers without a
 *   country code, as an ISO 3166 code; `AU` unless set.
 * @throws {CliError} Names the file and the line.
 */
export function readUserFiles(
  stage: string,
  { projectDirectory, environment }: Pick<Runtime, 'projectDirectory' | 'environment'>,
) {
  if (!statSync(projectDirectory, { throwIfNoEntry: false })?.isDirectory()) {
    throw usageError(
      `INBOUND_SMS_PROJECT is not a folder: ${projectDirectory}`,
      'Set it to the folder with settings.yml and .env, or unset it.',
    );
  }
  try {
    if (stage !== LOCAL_STAGE) loadDotenv(stage, projectDirectory, environment);
    const file = readSettingsFile(projectDirectory);
    return { service: file.service, country: countryOf(file, stage) };
  } catch (error) {
    throw usageError(error instanceof Error ? error.message : String(error));
  }
}

/** The local stack describes itself at this path. */
const LOCAL_PATH = '/_stack';
const LOCAL_LIMIT_MS = 5_000;

interface LocalDescription {
  readonly stackName: string;
  readonly region: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly webhookUrl: string;
  readonly edgeHeaders: Readonly<Record<string, string>>;
  readonly logGroups: Readonly<Record<string, string>>;
  readonly endpoints: Readonly<Record<'dynamodb' | 'sns' | 'sqs' | 'logs', string>> &
    Readonly<Partial<Record<'ssm' | 'cloudwatch', string>>>;
}

/**
 * Asks the gateway of a local stack, which `npm start` runs, where everything is.
 *
 * @param address A URL, or a short form: `localhost:3500`, `:3500`, `3500`.
 * @throws {CliError} If it is no URL, or there is no local stack at it.
 */
export async function findRunningLocalStack(
  address: string,
  signal: AbortSignal,
): Promise<Omit<StackFacts, 'service' | 'stage' | 'country' | 'selector'>> {
  const local = address.replace(/^:?(?=\d+$)/, 'localhost:');
  const url = /^[^/]+:\d+$/.test(local) ? `http://${local}` : address;
  if (!isHttpUrl(url)) {
    throw usageError(
      `--local needs a URL such as http://localhost:3000, or a port such as 3000, not "${address}".`,
    );
  }
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LOCAL_LIMIT_MS)]);
  const answer = await fetch(new URL(LOCAL_PATH, url), { signal: limit }).catch((error: Error) => {
    signal.throwIfAborted();
    throw new CliError(
      EXIT.notFound,
      `No local stack answers at ${url}: ${connectionProblem(error) ?? error.message}`,
      'Start one with `npm start`, or give --local its URL.',
    );
  });
  const described = (await answer.json().catch(() => undefined)) as LocalDescription | undefined;
  if (!described?.endpoints) {
    throw new CliError(
      EXIT.notFound,
      `The server at ${address} is not a local stack.`,
      'Give --local the URL that `npm start` prints, without the path.',
    );
  }
  const { stackName: name, region, outputs, edgeHeaders, webhookUrl, logGroups } = described;
  // The emulators need a signature, but do not check it.
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return {
    name,
    region,
    isLocal: true,
    outputs,
    edgeHeaders,
    webhookToken: async () => ({
      token: webhookUrl.slice(webhookUrl.lastIndexOf('/') + 1),
      source: 'the local stack',
    }),
    clients: new AwsClients({ region, endpoints: described.endpoints, credentials }),
    logGroup: async (fn = 'receiveSms') => logGroups[fn] ?? '',
  };
}

/**
 * Removes the settings of AWS from the environment: they are for a deployed stack. The local stack is on this
 * machine and accepts any credentials.
 */
function forgetAws(environment: Runtime['environment']): void {
  for (const name of Object.keys(environment)) {
    if (name.startsWith('AWS_')) delete environment[name];
  }
  environment.AWS_CONFIG_FILE = devNull;
  environment.AWS_SHARED_CREDENTIALS_FILE = devNull;
}
