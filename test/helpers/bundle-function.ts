import { readFile } from 'node:fs/promises';
import { build, type Metafile, type Plugin } from 'esbuild';
import { parse } from 'yaml';

const ROOT = new URL('../../', import.meta.url);

export interface BundledModules {
  /** Every module that esbuild read, by its path. */
  readonly read: readonly string[];
  /** Those of which something is in the bundle. */
  readonly kept: readonly string[];
}

/**
 * Bundles a function as serverless.yml says, but writes nothing.
 *
 * @param plugins Instead of the project's own.
 */
export async function bundleFunction(
  entryPoint: string,
  plugins?: readonly Plugin[],
): Promise<BundledModules> {
  const { custom } = parse(await readFile(new URL('serverless.yml', ROOT), 'utf8'), {
    logLevel: 'error',
  });
  const { outputFileExtension: _, plugins: file, ...options } = custom.esbuild;
  const own = async () => (await import(new URL(file, ROOT).href)).default;
  const { metafile } = await build({
    ...options,
    absWorkingDir: new URL('.', ROOT).pathname,
    entryPoints: [entryPoint],
    plugins: plugins ?? (await own()),
    outfile: 'bundle.mjs',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  return { read: Object.keys((metafile as Metafile).inputs), kept: keptIn(metafile as Metafile) };
}

function keptIn({ outputs }: Metafile): string[] {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? path : [])),
  );
}
