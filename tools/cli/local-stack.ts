import { devNull } from 'node:os';
import { connectionProblem } from '../pbx-simulator/connection-problem.ts';
import { AwsClients } from './aws-clients.ts';
import { CliError, usageError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';
import type { StackFacts } from './stack-facts.ts';

/** What the local stack says of itself at this path. */
const PATH = '/_stack';
const LIMIT_MS = 5_000;

interface Description {
  readonly stackName: string;
  readonly region: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly webhookUrl: string;
  readonly edgeHeaders: Readonly<Record<string, string>>;
  readonly logGroups: Readonly<Record<string, string>>;
  readonly endpoints: Readonly<Record<'dynamodb' | 'sns' | 'sqs' | 'logs', string>>;
}

/**
 * Asks the local stack's gateway where everything is.
 *
 * @throws {CliError} If it is no URL, or there is no local stack at it.
 */
export async function findLocalStack(
  url: string,
  signal: AbortSignal,
): Promise<Omit<StackFacts, 'country'>> {
  const description = await describe(url, signal);
  const { stackName, region, outputs, webhookUrl, edgeHeaders, logGroups, endpoints } = description;
  return {
    name: stackName,
    region,
    isLocal: true,
    outputs,
    edgeHeaders,
    token: webhookUrl.slice(webhookUrl.lastIndexOf('/') + 1),
    clients: new AwsClients({
      region,
      endpoints,
      // The emulators want a signature but do not check it.
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }),
    logGroup: async (functionKey) => logGroups[functionKey] ?? '',
  };
}

/**
 * The local stack is on this machine and takes any credentials: what AWS's variables, the profiles and the
 * proxies say is for a deployed one.
 */
export function forgetAws(environment: Record<string, string | undefined>): void {
  for (const name of Object.keys(environment)) {
    if (name.startsWith('AWS_')) delete environment[name];
  }
  environment.AWS_CONFIG_FILE = devNull;
  environment.AWS_SHARED_CREDENTIALS_FILE = devNull;
}

async function describe(url: string, signal: AbortSignal): Promise<Description> {
  const answer = await ask(url, signal);
  const description = (await answer.json().catch(() => undefined)) as Description | undefined;
  if (description?.endpoints) return description;
  throw new CliError(
    EXIT.notFound,
    `What answers at ${url} is no local stack.`,
    'Give --local the URL that `npm start` prints, without the path.',
  );
}

/** @throws {CliError} If it is neither a URL nor one as people shorten it: `localhost:3500`, `:3500`, `3500`. */
function urlOf(address: string): string {
  const local = address.replace(/^:?(?=\d+$)/, 'localhost:');
  const url = /^[^/]+:\d+$/.test(local) ? `http://${local}` : address;
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return url;
  throw usageError(
    `--local takes a URL, http://localhost:3000, or a port, 3000; not "${address}".`,
  );
}

async function ask(address: string, signal: AbortSignal): Promise<Response> {
  const url = urlOf(address);
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
    return await fetch(new URL(PATH, url), { signal: limit });
  } catch (error) {
    signal.throwIfAborted();
    throw new CliError(
      EXIT.notFound,
      `No local stack answers at ${url}: ${connectionProblem(error) ?? (error as Error).message}`,
      'Start one with `npm start`, or give --local its URL.',
    );
  }
}
