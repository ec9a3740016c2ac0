import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';

/**
 * @typedef {typeof import('../../lib/config.ts')
 *   & typeof import('../../lib/http/allow-lists.ts')
 *   & typeof import('../../lib/forwarding/subscriber.ts')} Config
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const ENTRY = `
  export { readCommonConfig, readForwardMessageConfig, readReceiveSmsConfig } from './lib/config.ts';
  export { parseSmsNumbers, parseSourceCidrs } from './lib/http/allow-lists.ts';
  export * from './lib/forwarding/subscriber.ts';
`;

/** @type {Config | undefined} */
let loaded;

/**
 * What the functions read their environment with: packaging refuses what they would refuse at start,
 * by the same code.
 *
 * It is TypeScript, which not every Node that runs serverless can import: esbuild, which builds the
 * functions, makes JavaScript of it. It is loaded at once because serverless loads plugins with
 * `require`, which takes no module that waits for anything.
 */
export function functionConfig() {
  loaded ??= load();
  return loaded;
}

/** @returns {Config} */
function load() {
  const require = createRequire(import.meta.url);
  /** @type {typeof import('esbuild')} */
  const { buildSync } = require('esbuild');
  const { outputFiles } = buildSync({
    stdin: { contents: ENTRY, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
  });
  const module = { exports: /** @type {Config} */ ({}) };
  const run = compileFunction(outputFiles[0]?.text ?? '', ['module', 'exports', 'require']);
  run(module, module.exports, require);
  return module.exports;
}
