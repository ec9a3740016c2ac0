import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';

/** serverless-esbuild puts the zip files here, and copies everything here into the package's folder. */
const BESIDE_THE_ZIPS = join('.esbuild', '.serverless');

/**
 * esbuild: writes a source map of each bundle outside of the folder that is zipped, so the code stays the
 * same to the byte. The map has the sources' names, relative to the project's folder, but not their text.
 *
 * @returns {import('esbuild').Plugin}
 */
export function sourceMaps() {
  return {
    name: 'source-maps',
    setup({ initialOptions, onEnd }) {
      if (initialOptions.write === false) return;
      Object.assign(initialOptions, {
        sourcemap: 'external',
        sourcesContent: false,
        metafile: true,
      });
      onEnd(async ({ metafile }) => {
        const outputs = Object.keys(metafile?.outputs ?? {});
        for (const file of outputs.filter((name) => name.endsWith('.map'))) {
          const map = JSON.parse(await readFile(file, 'utf8'));
          map.sources = map.sources.map((/** @type {string} */ source) =>
            nameOf(source, dirname(file)),
          );
          await writeFile(join(BESIDE_THE_ZIPS, basename(file)), JSON.stringify(map));
          await rm(file);
        }
      });
    },
  };
}

/**
 * Names a source. Packages may be installed elsewhere and linked here. @param {string} source @param
 * {string} folder
 */
function nameOf(source, folder) {
  if (source.includes(':')) return source;
  const name = relative('.', resolve(folder, source)).replaceAll('\\', '/');
  return name.slice(Math.max(0, name.indexOf('node_modules/')));
}
