import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { parse } from 'yaml';
import bundlePlugins, { pluginsFor, REPLACED } from '../../../infra/bundle/index.js';
import type { Trick } from './tricks.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SOURCES = /[\\/](lib|infra[\\/]bundle)[\\/][\w\\/-]+\.[jt]s$/;

/** Bundles a function as serverless.yml says, but writes nothing. */
export async function bundleAsPackaged(
  entryPoint: string,
  plugins: readonly Plugin[] = bundlePlugins,
) {
  const { custom } = parse(await readFile(`${ROOT}serverless.yml`, 'utf8'), { logLevel: 'error' });
  const {
    outputFileExtension: _,
    plugins: __,
    ...options
  } = custom.esbuild as BuildOptions & {
    outputFileExtension: string;
  };
  return build({
    ...options,
    ...{ absWorkingDir: ROOT, entryPoints: [entryPoint], outfile: 'bundle.mjs' },
    ...{ plugins: [...plugins], metafile: true, write: false, logLevel: 'silent' },
  });
}

/**
 * The webhook's bundle without a trick.
 *
 * @throws {Error} If the code that the trick names is not there: it has changed.
 */
export async function bundleWithout({
  replaced,
  plugin,
  edits = {},
}: Omit<Trick, 'about'>): Promise<Uint8Array> {
  const kept = new Map([...REPLACED].filter(([name]) => name !== replaced));
  const plugins = pluginsFor(kept).filter(({ name }) => name !== plugin);
  const { outputFiles } = await bundleAsPackaged('functions/receive-sms.ts', [
    editor(edits),
    ...plugins,
  ]);
  const [bundle] = outputFiles ?? [];
  if (!bundle) throw new Error('esbuild wrote nothing');
  return bundle.contents;
}

function editor(edits: NonNullable<Trick['edits']>): Plugin {
  return {
    name: 'edits',
    setup(build) {
      build.onLoad({ filter: SOURCES }, async ({ path }) => {
        const file = relative(ROOT, path).replaceAll('\\', '/');
        if (!edits[file]) return undefined;
        let contents = await readFile(path, 'utf8');
        for (const [pattern, replacement] of edits[file]) {
          const edited = contents.replace(pattern, replacement);
          if (edited === contents) throw new Error(`${file} has no ${pattern}`);
          contents = edited;
        }
        return { contents, loader: 'ts' };
      });
    },
  };
}
