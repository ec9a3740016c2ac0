import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptPackages } from './kept-packages.ts';
import { packageService } from './package-service.ts';
import { StartError } from './start-error.ts';
import { Template } from './template.ts';

interface PackagedOptions {
  /** A package that exists already, or will. */
  readonly packageDir?: string | Promise<string> | undefined;
  readonly edgeSecrets?: string | undefined;
  readonly params?: Readonly<Record<string, string>> | undefined;
  /** Where packages are kept. Without it, the service is packaged anew. */
  readonly kept?: KeptPackages | undefined;
  /** Told if a package is made. */
  readonly onNew?: (() => void) | undefined;
  /** Ends the packaging. */
  readonly signal?: AbortSignal;
}

/** The package's directory, made meanwhile unless there is one; disposed of, the making ends. */
export function packaged(
  { packageDir, edgeSecrets, params, kept, onNew, signal }: PackagedOptions,
  tokens: string,
  directory: string,
): AsyncDisposable & { readonly directory: Promise<string> } {
  if (packageDir) {
    return { directory: Promise.resolve(packageDir), async [Symbol.asyncDispose]() {} };
  }
  const ending = new AbortController();
  const signals = signal ? [signal, ending.signal] : [ending.signal];
  const made = packageService({
    directory,
    tokens,
    edgeSecrets,
    params,
    kept,
    onNew,
    signal: AbortSignal.any(signals),
  });
  const result = made.then(() => directory);
  const settled = result.then(
    () => {},
    () => {},
  );
  return {
    directory: result,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await settled;
    },
  };
}

/** @throws {StartError} If there is no package. */
export async function readTemplate(packageDir: string, stackName: string): Promise<Template> {
  const file = join(packageDir, 'cloudformation-template-update-stack.json');
  const document = await readFile(file, 'utf8').catch((error: Error) => {
    throw new StartError(`There is no package in ${packageDir}: ${error.message}`);
  });
  return new Template(JSON.parse(document), stackName);
}
