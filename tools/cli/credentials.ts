import { fromEnv } from '@aws-sdk/credential-provider-env';
import type { AwsCredentialIdentityProvider } from '@smithy/types';
import type { AwsHttpHandler } from './aws-http.ts';
import { explainCredentials, profileNamed } from './explain-credentials.ts';

/** What a profile may hold that gives credentials. With one of these, nothing else is asked for them. */
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
 * The credentials of the profile. Without a profile: the keys of the environment, the profile `default`,
 * then wherever else the SDK looks. The SDK's own search goes on after a failure, and forgets its cause.
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
      const settings = await profileNamed(name);
      if (SOURCES.some((source) => settings[source])) {
        const { fromIni } = await import('@aws-sdk/credential-provider-ini');
        return await fromIni(options)(caller);
      }
      const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
      return await defaultProvider(options)(caller);
    } catch (error) {
      throw await explainCredentials(error, profile);
    }
  };
}
