import type { Metafile, Plugin } from 'esbuild';
import { bundleAsPackaged } from '../../tools/bench/tricks/bundle.ts';

export interface BundledModules {
  /** The paths of all modules that esbuild read. */
  readonly read: readonly string[];
  /** The modules of which some code is in the bundle. */
  readonly kept: readonly string[];
  /** The bundle's imports. */
  readonly imported: readonly string[];
}

/**
 * Bundles a function as serverless.yml says, without writing files.
 *
 * @param plugins Plugins in place of the project's.
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
