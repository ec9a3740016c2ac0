import { fileURLToPath, pathToFileURL } from 'node:url';
import type { FunctionDefinition } from '../../local/function-definition.ts';
import { functionEnvironment } from '../../local/function-environment.ts';
import type { methods } from '../processes/function-host.ts';
import { Remote } from '../processes/remote.ts';

/** A function that is measured. */
export interface Contender {
  readonly name: string;
  /** What it is, for whoever reads the table. */
  readonly about: string;
  readonly fn: FunctionDefinition;
  /** Of a bundle that is complete: not of one whose SDK comes from elsewhere. */
  readonly size?: BundleSize;
}

export interface BundleSize {
  readonly minifiedBytes: number;
  readonly zippedBytes: number;
}

export type FunctionHost = Remote<typeof methods>;

export interface HostOptions {
  /** function-host.ts as plain JavaScript. */
  readonly hostFile: string;
  /** Of DynamoDB and SNS. */
  readonly url: string;
  readonly execArgv?: readonly string[];
  readonly signal: AbortSignal;
}

/** A process for the function, with the environment that Lambda would give it. */
export function startHost({ fn }: Contender, options: HostOptions): FunctionHost {
  const { hostFile, url, ...rest } = options;
  const environment = functionEnvironment(fn, { dynamodb: url, sns: url });
  return new Remote<typeof methods>(hostFile, { ...rest, environment });
}

/** What the process needs to know of its function. */
export function targetOf({ fn }: Contender) {
  const { file, exportName, timeoutMs, memoryMb } = fn;
  return { url: pathToFileURL(file).href, exportName, timeoutMs, memoryMb };
}

/** A file of `bench/`. */
export function benchFile(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}
