import type { Metafile, Plugin } from 'esbuild';
import { bundleAsPackaged } from '../../tools/bench/tricks/bundle.ts';

export interface BundledModules {
  /** Every module that esbuild read, by its path. */
  readonly read: readonly string[];
  /** Those of which something is in the bundle. */
  readonly kept: readonly string[];
  /** What the bundle imports. */
  readonly imported: readonly string[];
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
  const { metafile } = await bundleAsPackaged(entryPoint, plugins);
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  return {
    read: Object.keys(metafile.inputs),
    kept: keptIn(metafile),
    imported: imports.map(({ path }) => path),
  };
}

function keptIn({ outputs }: Metafile): string[] {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? path : [])),
  );
}
