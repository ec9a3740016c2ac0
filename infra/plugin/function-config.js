import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';

/**
 * @typedef {typeof import('../../lib/config.ts')
 *   & typeof import('../../lib/http/allow-lists.ts')
 *   & typeof import('../../lib/forwarding/subscriber.ts')} Config
 */

/**
 * @typedef {typeof import('../../tools/shared/phone-number.ts')
 *   & typeof import('../../tools/shared/number-filter.ts')} Numbers
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Results of `load`, by source. @type {Map<string, unknown>} */
const loaded = new Map();

/**
 * The functions' own readers of their environment, so that packaging refuses what a function would refuse
 * at start. Also the names of subscribers' queues and secrets.
 */
export const functionConfig = () =>
  /** @type {Config} */ (
    load(`
      export { readCommonConfig, readForwardMessageConfig, readReceiveSmsConfig } from './lib/config.ts';
      export { parseSmsNumbers, parseSourceCidrs } from './lib/http/allow-lists.ts';
      export * from './lib/forwarding/subscriber.ts';
    `)
  );

/**
 * Reads numbers by the same code as the command line and the console, so that a filter means the same
 * numbers.
 */
export const phoneNumbers = () =>
  /** @type {Numbers} */ (
    load(`
      export { phoneNumbersOf } from './tools/shared/phone-number.ts';
      export { digitsIn } from './tools/shared/number-filter.ts';
    `)
  );

/** Reads a stack's outputs about subscribers by the same code as the command line and the console. */
export const subscriberOutputs = () =>
  /** @type {typeof import('../../tools/shared/subscriber-outputs.ts')} */ (
    load(`export * from './tools/shared/subscriber-outputs.ts';`)
  );

/**
 * Runs TypeScript. Not every Node that runs serverless can import it, so esbuild, which also builds the
 * functions, translates it. It must be synchronous: serverless loads plugins with `require`, which accepts
 * no module with a top-level await.
 *
 * @param {string} contents
 * @returns {unknown} Its exports. It runs once.
 */
function load(contents) {
  if (!loaded.has(contents)) loaded.set(contents, run(contents));
  return loaded.get(contents);
}

/** @param {string} contents */
function run(contents) {
  const require = createRequire(import.meta.url);
  /** @type {typeof import('esbuild')} */
  const { buildSync } = require('esbuild');
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    packages: 'external',
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
  });
  const module = { exports: {} };
  const call = compileFunction(outputFiles[0]?.text ?? '', ['module', 'exports', 'require']);
  call(module, module.exports, require);
  return module.exports;
}
