import { fromEnv } from '@aws-sdk/credential-provider-env';
import type { AwsCredentialIdentityProvider } from '@smithy/types';
import type { AwsHttpHandler } from './aws-http.ts';
import { CliError, EXIT } from './cli-error.ts';
import { explainError, isWithoutCredentials } from './explain-error.ts';

/** Settings of a profile that give credentials. A profile with one of them is the only source that is asked. */
const SOURCES = [
  'aws_access_key_id',
  'aws_secret_access_key',
  'credential_process',
  'source_profile',
  'credential_source',
  'web_identity_token_file',
  'sso_session',
  'sso_start_url',
  'login_session',
];

/**
 * The credentials of the profile. Without a profile: the keys of the environment, then the profile `default`,
 * then the SDK's other sources. The SDK's own search continues after a failure, and forgets its cause.
 *
 * @param profile The profile that an option or AWS_PROFILE names.
 * @param requestHandler For the services that give credentials: STS and SSO.
 * @returns Rejects with a {@link CliError} that says why there are none.
 */
export function findCredentials(
  profile: string | undefined,
  requestHandler: AwsHttpHandler,
): AwsCredentialIdentityProvider {
  return async (caller) => {
    const keys = profile === undefined && (await fromEnv()().catch(() => undefined));
    if (keys) return keys;
    try {
      const name = profile ?? 'default';
      const options = { profile: name, clientConfig: { requestHandler } };
      const settings = (await readProfiles()).get(name) ?? {};
      if (SOURCES.some((source) => settings[source])) {
        const { fromIni } = await import('@aws-sdk/credential-provider-ini');
        return await fromIni(options)(caller);
      }
      const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
      return await defaultProvider(options)(caller);
    } catch (error) {
      throw explained(error, profile, await readProfiles());
    }
  };
}

type Profile = Readonly<Record<string, string | undefined>>;
type Profiles = ReadonlyMap<string, Profile>;

/** The profiles of ~/.aws/config and ~/.aws/credentials. Sections of another kind are called `sso-session.NAME`. */
async function readProfiles(): Promise<Profiles> {
  const { loadSharedConfigFiles } = await import('@smithy/core/config');
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  const names = Object.keys({ ...configFile, ...credentialsFile });
  const merged = (name: string) => ({ ...configFile[name], ...credentialsFile[name] });
  return new Map(names.map((name) => [name, merged(name)]));
}

/**
 * Says why there are no credentials. The SDK only says that it found none, or fails while it reads the files.
 *
 * @param error What the SDK threw while it looked for them.
 * @param named The profile that an option or AWS_PROFILE names.
 */
function explained(error: unknown, named: string | undefined, profiles: Profiles): CliError {
  const name = named ?? 'default';
  const message = error instanceof Error ? error.message : String(error);
  const refused = (cause: string, hint: string) => new CliError(EXIT.notAllowed, cause, hint);
  if (named !== undefined && !profiles.has(named)) {
    const names = [...profiles.keys()].filter((each) => !each.includes('.'));
    return refused(
      `There is no profile "${named}" in ~/.aws/config or ~/.aws/credentials.`,
      names.length > 0
        ? `There are: ${names.join(', ')}. Name one with --profile or AWS_PROFILE.`
        : 'There are no profiles. Make one with `aws configure`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
    );
  }
  const answer = explainError(error);
  if (answer && !isWithoutCredentials(error)) {
    const { exitCode, hint } = answer;
    return new CliError(exitCode, `${noneFrom(name)}: ${answer.message}`, hint);
  }
  const [, cause, hint] = causes(named, profiles, message).find(([isSo]) => isSo) ?? [];
  if (cause && hint) return refused(cause, hint);
  return answer ?? refused(`There are no AWS credentials: ${firstLine(message)}`, CORRECT);
}

const CORRECT =
  'Correct the profile in ~/.aws/config or ~/.aws/credentials, or name another one with --profile.';

const KEYS = ['aws_access_key_id', 'aws_secret_access_key'] as const;

const noneFrom = (name: string) => `The profile "${name}" gives no credentials`;
const firstLine = (message: string) => message.split('\n')[0] ?? '';

/** What may be wrong with a profile. The first that is true counts. */
function causes(
  named: string | undefined,
  profiles: Profiles,
  message: string,
): (readonly [isSo: unknown, cause: string, hint: string])[] {
  const name = named ?? 'default';
  const path = pathOf(name, profiles);
  const last = path.at(-1) ?? name;
  /** The last profile of the chain, which must give the credentials. */
  const source = profiles.get(last) ?? {};

  const [has, lacks] = source[KEYS[0]] ? KEYS : ([KEYS[1], KEYS[0]] as const);
  const { sso_session: session, sso_start_url } = profiles.get(name) ?? {};
  return [
    [
      !profiles.has(last) && path.length > 1,
      `The profile "${path.at(-2)}" takes its credentials from "${last}" (source_profile), and there is no such profile.`,
      `Add "${last}" to ~/.aws/config or ~/.aws/credentials, or correct source_profile.`,
    ],
    [
      path.indexOf(last) < path.length - 1 && !hasKeys(source),
      `The profile "${name}" leads in a circle (source_profile): ${path.join(' -> ')}.`,
      'Let the source_profile of one of them name a profile that has credentials.',
    ],
    [
      source.sso_session && !profiles.has(`sso-session.${source.sso_session}`),
      `The profile "${last}" names the sso_session "${source.sso_session}", and ~/.aws/config has no such section.`,
      `Add [sso-session ${source.sso_session}] with \`aws configure sso-session\`, or correct sso_session.`,
    ],
    [
      /multi-factor/.test(message),
      `The profile "${/^Profile (\S+)/.exec(message)?.[1] ?? last}" needs a code of an MFA device (mfa_serial), and inbound-sms cannot ask for it.`,
      'Run `aws configure export-credentials --format env --profile NAME`, which asks for the code. Set the variables that it prints, and leave out --profile and AWS_PROFILE.',
    ],
    [
      source.credential_process,
      `${noneFrom(last)}: ${processFailure(message)}.`,
      `Run the command in a terminal to see why: \`aws configure get credential_process --profile ${last}\` prints it.`,
    ],
    [source[has] && !source[lacks], `The profile "${last}" has ${has} and no ${lacks}.`, CORRECT],
    [
      (session || sso_start_url) && /expired|token|sso login/i.test(firstLine(message)),
      `You are not logged in to AWS: ${firstLine(message)}`,
      `Run \`aws sso login${named === undefined ? '' : ` --profile ${named}`}\`, then the command again.`,
    ],
    [profiles.has(name), `${noneFrom(name)}: ${firstLine(message)}`, CORRECT],
  ];
}

/** The profile, and the profiles that it leads to by `source_profile`. A circle ends with its first profile. */
function pathOf(name: string, profiles: Profiles): string[] {
  const path = [name];
  for (
    let next = profiles.get(name)?.source_profile;
    next;
    next = profiles.get(next)?.source_profile
  ) {
    const isCircle = path.includes(next);
    path.push(next);
    // A profile with keys may name itself as the source, to take a role with them.
    if (isCircle || hasKeys(profiles.get(next) ?? {})) break;
  }
  return path;
}

function hasKeys({ aws_access_key_id, aws_secret_access_key }: Profile): boolean {
  return Boolean(aws_access_key_id && aws_secret_access_key);
}

/** Shows neither the command nor its output: both may hold secrets. */
function processFailure(message: string): string {
  const [isFailed, , output = ''] = /^Command failed: ([^\n]*)([\s\S]*)$/.exec(message) ?? [];
  if (/not found|no such file|not recognized/i.test(output)) {
    return 'the program of its credential_process is not there';
  }
  if (isFailed) return 'its credential_process failed';
  return message.replace(/^Profile \S+ (?=credential_process)/, 'its ').replace(/\.$/, '');
}
