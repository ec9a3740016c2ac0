/** @import { Resolver } from './types.d.ts' */

/** The region of a deploy if none is set. */
export const DEFAULT_REGION = 'ap-southeast-2';

/**
 * The region of a stack. The deploy and the command line both use this, so both mean the same region.
 *
 * @param {object} from
 * @param {string | undefined} from.given The option `--region`.
 * @param {string | undefined} from.profile The profile that an option names.
 * @param {Readonly<Record<string, string | undefined>>} from.environment
 * @returns {Promise<string>} The first that is set: the option, the environment, the region of the
 * profile, the default.
 */
export async function findRegion({ given, profile, environment }) {
  const { AWS_REGION, AWS_DEFAULT_REGION, AWS_PROFILE } = environment;
  return (
    given ||
    AWS_REGION ||
    AWS_DEFAULT_REGION ||
    (await regionOfProfile(profile || AWS_PROFILE || 'default')) ||
    DEFAULT_REGION
  );
}

/** `${file(infra/region.js):region}` in serverless.yml. @param {Resolver} resolver */
export const region = ({ options }) =>
  findRegion({
    given: options.region,
    profile: options['aws-profile'],
    environment: process.env,
  });

/** ~/.aws/credentials comes before ~/.aws/config, as in the SDKs. @param {string} profile */
async function regionOfProfile(profile) {
  const { loadSharedConfigFiles } = await import('@smithy/core/config');
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  return credentialsFile[profile]?.region || configFile[profile]?.region;
}
