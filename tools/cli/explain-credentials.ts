import { CliError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';
import { explainError, isWithoutCredentials } from './explain-error.ts';

type Profile = Readonly<Record<string, string | undefined>>;
type Profiles = Readonly<Record<string, Profile>>;

/** A profile of ~/.aws/config and ~/.aws/credentials; empty if there is none. */
export async function profileNamed(name: string): Promise<Profile> {
  return (await readProfiles())[name] ?? {};
}

/** Sections of another kind are called `sso-session.NAME` here. */
async function readProfiles(): Promise<Profiles> {
  const { loadSharedConfigFiles } = await import('@smithy/core/config');
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  const names = Object.keys({ ...configFile, ...credentialsFile });
  const merged = (name: string) => ({ ...configFile[name], ...credentialsFile[name] });
  return Object.fromEntries(names.map((name) => [name, merged(name)]));
}

/**
 * Why there are no credentials: the SDK only says that it found none, or fails over the files.
 *
 * @param error What the SDK threw while it looked for them.
 * @param named The profile that an option or AWS_PROFILE names.
 */
export async function explainCredentials(error: unknown, named?: string): Promise<CliError> {
  const profiles = await readProfiles();
  const name = named ?? 'default';
  const message = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
  if (named !== undefined && !profiles[named]) return missingProfile(named, profiles);
  const answer = explainError(error);
  if (answer && !isWithoutCredentials(error)) {
    const { exitCode, hint } = answer;
    return new CliError(exitCode, `${noneFrom(name)}: ${answer.message}`, hint);
  }
  const wrong =
    wrongSource(name, profiles) ??
    wrongProfile(lastOf(name, profiles), profiles, error) ??
    signedOut(named, profiles[name] ?? {}, message) ??
    (profiles[name] && refused(`${noneFrom(name)}: ${message}`, CORRECT));
  return wrong ?? answer ?? refused(`There are no AWS credentials: ${message}`, CORRECT);
}

const CORRECT =
  'Correct the profile in ~/.aws/config or ~/.aws/credentials, or name another one with --profile.';

const noneFrom = (name: string) => `The profile "${name}" gives no credentials`;

function refused(message: string, hint: string): CliError {
  return new CliError(EXIT.notAllowed, message, hint);
}

function missingProfile(name: string, profiles: Profiles): CliError {
  const names = Object.keys(profiles).filter((each) => !each.includes('.'));
  return refused(
    `There is no profile "${name}" in ~/.aws/config or ~/.aws/credentials.`,
    names.length > 0
      ? `There are: ${names.join(', ')}. Name one with --profile or AWS_PROFILE.`
      : 'There is none at all. Make one with `aws configure`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  );
}

/** The profile and those that it leads to by `source_profile`. A circle ends with its first profile. */
function pathOf(name: string, profiles: Profiles): string[] {
  const path = [name];
  for (let next = profiles[name]?.source_profile; next; next = profiles[next]?.source_profile) {
    const isCircle = path.includes(next);
    path.push(next);
    // A profile that has keys may take a role with them: it names itself as the source.
    if (isCircle || hasKeys(profiles[next] ?? {})) break;
  }
  return path;
}

const lastOf = (name: string, profiles: Profiles) => pathOf(name, profiles).at(-1) ?? name;

function hasKeys({ aws_access_key_id, aws_secret_access_key }: Profile): boolean {
  return Boolean(aws_access_key_id && aws_secret_access_key);
}

function wrongSource(name: string, profiles: Profiles): CliError | undefined {
  const path = pathOf(name, profiles);
  const last = path.at(-1) ?? name;
  if (!profiles[last] && path.length > 1) {
    return refused(
      `The profile "${path.at(-2)}" takes its credentials from "${last}" (source_profile), and there is no such profile.`,
      `Add "${last}" to ~/.aws/config or ~/.aws/credentials, or correct source_profile.`,
    );
  }
  if (path.indexOf(last) < path.length - 1 && !hasKeys(profiles[last] ?? {})) {
    return refused(
      `The profile "${name}" leads in a circle (source_profile): ${path.join(' -> ')}.`,
      'Let the source_profile of one of them name a profile that has credentials.',
    );
  }
  return undefined;
}

/** @param name The profile that the credentials have to come from in the end. */
function wrongProfile(name: string, profiles: Profiles, error: unknown): CliError | undefined {
  const profile = profiles[name];
  if (!profile) return undefined;
  const message = error instanceof Error ? error.message : '';
  const { aws_access_key_id, aws_secret_access_key, sso_session, credential_process } = profile;
  if (sso_session && !profiles[`sso-session.${sso_session}`]) {
    return refused(
      `The profile "${name}" names the sso_session "${sso_session}", and ~/.aws/config has no such section.`,
      `Add [sso-session ${sso_session}] with \`aws configure sso-session\`, or correct sso_session.`,
    );
  }
  if (/multi-factor/.test(message)) {
    return refused(
      `The profile "${/^Profile (\S+)/.exec(message)?.[1] ?? name}" wants a code of an MFA device (mfa_serial). inbound-sms cannot ask for it.`,
      'Take the keys of a session from `aws configure export-credentials --format env --profile NAME`, which asks for the code. Set them without --profile and AWS_PROFILE.',
    );
  }
  if (credential_process) return failedProcess(name, message);
  if (Boolean(aws_access_key_id) !== Boolean(aws_secret_access_key)) {
    const [has, lacks] = aws_access_key_id
      ? ['aws_access_key_id', 'aws_secret_access_key']
      : ['aws_secret_access_key', 'aws_access_key_id'];
    return refused(`The profile "${name}" has ${has} and no ${lacks}.`, CORRECT);
  }
  return undefined;
}

/** The command, and what it printed, may hold secrets: neither is shown. */
function failedProcess(name: string, message: string): CliError {
  const [isFailed, , output = ''] = /^Command failed: ([^\n]*)([\s\S]*)$/.exec(message) ?? [];
  const isMissing = /not found|no such file|not recognized/i.test(output);
  const what = isMissing
    ? 'the program of its credential_process is not there'
    : isFailed
      ? 'its credential_process failed'
      : message.replace(/^Profile \S+ (?=credential_process)/, 'its ').replace(/\.$/, '');
  return refused(
    `${noneFrom(name)}: ${what}.`,
    `Run the command in a terminal to see why: \`aws configure get credential_process --profile ${name}\` prints it.`,
  );
}

function signedOut(
  named: string | undefined,
  { sso_session, sso_start_url }: Profile,
  message: string,
): CliError | undefined {
  if (!(sso_session || sso_start_url) || !/expired|token|sso login/i.test(message))
    return undefined;
  const option = named === undefined ? '' : ` --profile ${named}`;
  return refused(
    `You are not logged in to AWS: ${message}`,
    `Run \`aws sso login${option}\`, then the command again.`,
  );
}
