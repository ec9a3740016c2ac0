import { CliError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';
import { explainError } from './explain-error.ts';

type Profiles = Readonly<Record<string, Readonly<Record<string, string | undefined>> | undefined>>;

/**
 * Why there are no credentials: the SDK only says that it found none.
 *
 * @param name The profile that an option or AWS_PROFILE names.
 */
export async function explainCredentials(error: unknown, name?: string): Promise<unknown> {
  const isAboutThem =
    error instanceof Error && /^(CredentialsProviderError|TokenProviderError)$/.test(error.name);
  if (!isAboutThem) return error;
  const { loadSharedConfigFiles } = await import('@smithy/core/config');
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  const profiles: Profiles = { ...configFile, ...credentialsFile };
  const merged = (profile: string) => ({ ...configFile[profile], ...credentialsFile[profile] });
  return (
    (name !== undefined && missingProfile(name, profiles)) ||
    missingSource(name ?? 'default', merged) ||
    signedOut(name, merged(name ?? 'default'), error.message) ||
    explainError(error)
  );
}

function missingProfile(name: string, profiles: Profiles): CliError | undefined {
  if (profiles[name]) return undefined;
  const names = Object.keys(profiles).filter((each) => !each.includes('.'));
  return new CliError(
    EXIT.notAllowed,
    `There is no profile "${name}" in ~/.aws/config or ~/.aws/credentials.`,
    names.length > 0
      ? `There are: ${names.join(', ')}. Name one with --profile or AWS_PROFILE.`
      : 'There is none at all. Make one with `aws configure`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  );
}

/** Follows `source_profile` from one profile to the next. */
function missingSource(
  name: string,
  profile: (name: string) => Readonly<Record<string, string | undefined>>,
): CliError | undefined {
  const seen = new Set<string>();
  for (let current = name; !seen.has(current); ) {
    seen.add(current);
    const source = profile(current).source_profile;
    if (source === undefined) return undefined;
    if (Object.keys(profile(source)).length === 0) {
      return new CliError(
        EXIT.notAllowed,
        `The profile "${current}" takes its credentials from "${source}" (source_profile), and there is no such profile.`,
        `Add "${source}" to ~/.aws/config or ~/.aws/credentials, or correct source_profile.`,
      );
    }
    current = source;
  }
  return undefined;
}

function signedOut(
  name: string | undefined,
  { sso_session, sso_start_url }: Readonly<Record<string, string | undefined>>,
  message: string,
): CliError | undefined {
  if (!(sso_session || sso_start_url) || !/expired|token|sso login/i.test(message))
    return undefined;
  const option = name === undefined ? '' : ` --profile ${name}`;
  return new CliError(
    EXIT.notAllowed,
    `You are not logged in to AWS: ${message}`,
    `Run \`aws sso login${option}\`, then the command again.`,
  );
}
