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

/** What was loaded, by its source. @type {Map<string, unknown>} */
const loaded = new Map();

/**
 * What the functions read their environment with: packaging refuses what they would refuse at start,
 * by the same code. And what they know of subscribers: the names of queues and secrets.
 */
export const functionConfig = () =>
  /** @type {Config} */ (
    load(`
      export { readCommonConfig, readForwardMessageConfig, readReceiveSmsConfig } from './lib/config.ts';
      export { parseSmsNumbers, parseSourceCidrs } from './lib/http/allow-lists.ts';
      export * from './lib/forwarding/subscriber.ts';
    `)
  );

/** How the command line and the console read numbers: a filter means the same numbers, by the same code. */
export const phoneNumbers = () =>
  /** @type {Numbers} */ (
    load(`
      export { phoneNumbersOf } from './tools/shared/phone-number.ts';
      export { digitsIn } from './tools/shared/number-filter.ts';
    `)
  );

/** How the command line and the console read what a stack's outputs say of subscribers. */
export const subscriberOutputs = () =>
  /** @type {typeof import('../../tools/shared/subscriber-outputs.ts')} */ (
    load(`export * from './tools/shared/subscriber-outputs.ts';`)
  );

/**
 * Runs TypeScript, which not every Node that runs serverless can import: esbuild, which builds the
 * functions, makes JavaScript of it. It is loaded at once because serverless loads plugins with
 * `require`, which takes no module that waits for anything.
 *
 * @param {string} contents
 * @returns {unknown} What it exports. It runs once.
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
