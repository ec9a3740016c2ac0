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

/** @type {Config | undefined} */
let config;

/** @type {Numbers | undefined} */
let numbers;

/**
 * What the functions read their environment with: packaging refuses what they would refuse at start,
 * by the same code.
 */
export function functionConfig() {
  config ??= load(`
    export { readCommonConfig, readForwardMessageConfig, readReceiveSmsConfig } from './lib/config.ts';
    export { parseSmsNumbers, parseSourceCidrs } from './lib/http/allow-lists.ts';
    export * from './lib/forwarding/subscriber.ts';
  `);
  return /** @type {Config} */ (config);
}

/** How the command line and the console read numbers: a filter means the same numbers, by the same code. */
export function phoneNumbers() {
  numbers ??= load(`
    export { phoneNumbersOf } from './tools/shared/phone-number.ts';
    export { digitsIn } from './tools/shared/number-filter.ts';
  `);
  return /** @type {Numbers} */ (numbers);
}

/**
 * Runs TypeScript, which not every Node that runs serverless can import: esbuild, which builds the
 * functions, makes JavaScript of it. It is loaded at once because serverless loads plugins with
 * `require`, which takes no module that waits for anything.
 *
 * @param {string} contents
 * @returns {any} What it exports.
 */
function load(contents) {
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
  const run = compileFunction(outputFiles[0]?.text ?? '', ['module', 'exports', 'require']);
  run(module, module.exports, require);
  return module.exports;
}
