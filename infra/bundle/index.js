import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { sourceMaps } from './source-maps.js';

/**
 * Takes Node's own modules from `process.getBuiltinModule` instead of importing them.
 *
 * An import of such a module reads all its exports at once, and some of them load much more. For its
 * WebSocket, `node:http` loads undici, which is a fifth of a cold start. With this plugin, only the exports
 * that the code names are read. CommonJS parts of a bundle need no `require` for Node's modules, either.
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

/** Exports each name separately and marked as pure, so that esbuild leaves out unused ones. */
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

/** Modules of the AWS SDK and their replacements. */
export const REPLACED = new Map([
  // Profiles, SSO, instance metadata and more: a third of the SDK.
  ['@aws-sdk/credential-provider-node', UNUSED],
  // For operations that stream. We use none.
  ['@smithy/core/event-streams', UNUSED],
  // For DynamoDB's endpoint discovery, which none of its operations uses. It brings an LRU cache's package.
  ['@aws-sdk/endpoint-cache', UNUSED],
  // Hashes and an HMAC in JavaScript, which are slower than Node's.
  ['@smithy/core/checksum', 'checksum.ts'],
]);

/** Makes the functions' bundles small and quick to load, and writes their maps. YAML cannot express this. */
export const pluginsFor = (replaced = REPLACED) => [
  nodeModules(),
  replacements(replaced),
  sourceMaps(),
];
export default pluginsFor();

/**
 * Leaves out parts of the AWS SDK. If a later SDK uses such a part in another way, the build fails, or the
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
      // The clients bundle their package.json only for its version.
      build.onLoad({ filter: /[\\/]@aws-sdk[\\/][\w-]+[\\/]package\.json$/ }, async ({ path }) => {
        const { version } = JSON.parse(await readFile(path, 'utf8'));
        return { contents: JSON.stringify({ version }), loader: 'json' };
      });
    },
  };
}
