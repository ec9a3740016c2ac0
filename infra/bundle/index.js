import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { sourceMaps } from './source-maps.js';

/**
 * Takes Node's own modules from `process.getBuiltinModule` instead of importing them.
 *
 * An import of one reads every export of it at once, and some of them load much more: `node:http`
 * brings undici along, for its WebSocket, which is a fifth of a cold start. Here, only what the code
 * names is read. CommonJS parts of a bundle need no `require` for Node's modules, either.
 *
 * @returns {import('esbuild').Plugin}
 */
function nodeModules() {
  return {
    name: 'node-modules',
    setup(build) {
      build.onResolve({ filter: /^[\w:/]+$/ }, ({ path, kind }) => {
        const name = path.replace(/^node:/, '');
        if (!builtinModules.includes(name)) return undefined;
        const isStatic = kind === 'import-statement';
        return { path: name, namespace: isStatic ? 'node-import' : 'node-require' };
      });
      build.onLoad({ filter: /.*/, namespace: 'node-import' }, ({ path }) => ({
        contents: importable(path),
      }));
      build.onLoad({ filter: /.*/, namespace: 'node-require' }, ({ path }) => ({
        contents: `module.exports = ${builtin(path)};`,
      }));
    },
  };
}

/** @param {string} name */
const builtin = (name) => `process.getBuiltinModule('node:${name}')`;

/** Each export by itself, and marked as pure, so that esbuild leaves out what no code names. */
function importable(/** @type {string} */ name) {
  const names = Object.getOwnPropertyNames(process.getBuiltinModule(name)).filter(
    (key) => /^[A-Za-z_$][\w$]*$/.test(key) && key !== 'default',
  );
  return [
    `const all = /* @__PURE__ */ ${builtin(name)};`,
    'const one = (key) => all[key];',
    'export default all;',
    ...names.map(
      (key) => `const $${key} = /* @__PURE__ */ one('${key}'); export { $${key} as ${key} };`,
    ),
  ].join('\n');
}

const STAND_INS = new URL('../../lib/aws/sdk/', import.meta.url);
const UNUSED = 'unused-parts.ts';

/** Modules of the AWS SDK, and what stands in for each. */
export const REPLACED = new Map([
  // Profiles, SSO, instance metadata and more: a third of the SDK.
  ['@aws-sdk/credential-provider-node', UNUSED],
  // For operations that stream. Ours do not.
  ['@smithy/core/event-streams', UNUSED],
  // For DynamoDB's endpoint discovery, which none of its operations uses, and its LRU cache's package.
  ['@aws-sdk/endpoint-cache', UNUSED],
  // Hashes in JavaScript, and an HMAC that is slower than Node's.
  ['@smithy/core/checksum', 'checksum.ts'],
]);

/** What esbuild needs beyond YAML to make the functions' bundles small and quick to load, and their maps. */
export const pluginsFor = (replaced = REPLACED) => [
  nodeModules(),
  replacements(replaced),
  sourceMaps(),
];
export default pluginsFor();

/**
 * Leaves out parts of the AWS SDK. A part that the SDK uses in another way than today fails the build, or the
 * first test that runs the bundle.
 *
 * @param {ReadonlyMap<string, string>} replaced
 * @returns {import('esbuild').Plugin}
 */
function replacements(replaced) {
  return {
    name: 'replacements',
    setup(build) {
      build.onResolve({ filter: /^@(aws-sdk|smithy)\// }, ({ path }) => {
        const file = replaced.get(path);
        return file ? { path: fileURLToPath(new URL(file, STAND_INS)) } : undefined;
      });
      // The clients bundle their package.json for its version.
      build.onLoad({ filter: /[\\/]@aws-sdk[\\/][\w-]+[\\/]package\.json$/ }, async ({ path }) => {
        const { version } = JSON.parse(await readFile(path, 'utf8'));
        return { contents: JSON.stringify({ version }), loader: 'json' };
      });
    },
  };
}
