import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Parts of the AWS SDK that a function bundles and never runs, and what stands in for each. */
export const REPLACED = {
  // Profiles, SSO, instance metadata and more: a third of the SDK.
  '@aws-sdk/credential-provider-node': 'environment-credentials.js',
  // Hashes in JavaScript, and an HMAC that is slower than Node's.
  '@smithy/core/checksum': 'checksum.js',
  // For operations that stream. Ours do not.
  '@smithy/core/event-streams': 'no-event-streams.js',
  // For DynamoDB's endpoint discovery, which none of its operations uses, and its LRU cache's package.
  '@aws-sdk/endpoint-cache': 'no-endpoint-cache.js',
};

/**
 * esbuild: leaves out parts of the AWS SDK. A part that the SDK uses in another way than today fails
 * the build, or the first test that runs the bundle.
 *
 * @returns {import('esbuild').Plugin}
 */
export function replacements() {
  return {
    name: 'replacements',
    setup(build) {
      build.onResolve({ filter: /^@(aws-sdk|smithy)\// }, ({ path }) => {
        const file = REPLACED[path];
        return file ? { path: fileURLToPath(new URL(file, import.meta.url)) } : undefined;
      });
      // The clients bundle their package.json for its version.
      build.onLoad({ filter: /[\\/]@aws-sdk[\\/][\w-]+[\\/]package\.json$/ }, async ({ path }) => {
        const { version } = JSON.parse(await readFile(path, 'utf8'));
        return { contents: JSON.stringify({ version }), loader: 'json' };
      });
    },
  };
}
