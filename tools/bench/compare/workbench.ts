import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { functionEnvironment } from '../../local/function-environment.ts';
import { packageService } from '../../local/package-service.ts';
import type { methods as stubMethods } from './aws-stub-host.ts';
import {
  benchFile,
  buildContenders,
  buildHost,
  type Contender,
  type OurPackage,
  readOurPackage,
} from './contenders.ts';
import type { methods as hostMethods } from './function-host.ts';
import type { Measurement } from './measurement.ts';
import { Remote } from './remote.ts';
import { TOKEN } from './webhook-event.ts';

/** A part of the benchmark, which can be run by itself. */
export interface Section {
  readonly name: string;
  /** One line, for `--help`. */
  readonly about: string;
  /** Whole numbers above 0, each an option of the command line. */
  readonly options?: Readonly<Record<string, NumberOption>>;
  run(context: SectionContext): Promise<Measurement[]>;
}

export interface NumberOption {
  readonly fallback: number;
  readonly about: string;
}

export interface SectionContext {
  readonly bench: Workbench;
  /** What an option of the section was set to. */
  number(option: string): number;
  /** Tells who waits how far it is. */
  progress(text: string): void;
}

/** The list, begun one further on each round, so that nobody is always first. */
export function rotated<T>(list: readonly T[], round: number): T[] {
  const start = round % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

export type FunctionHost = Remote<typeof hostMethods>;

/** What the process needs to know of its function. */
export function targetOf({ fn }: Contender) {
  const { file, exportName, timeoutMs, memoryMb } = fn;
  return { url: pathToFileURL(file).href, exportName, timeoutMs, memoryMb };
}

export interface WorkbenchOptions {
  /** A package for the stage `local` and the token {@link TOKEN}. Without it, one is made. */
  readonly packageDir?: string | undefined;
  /** Only ours. */
  readonly withoutPeers?: boolean;
  readonly signal: AbortSignal;
}

/** What measuring needs: the contenders, bundled, and a stub of AWS in a process of its own. */
export interface Workbench extends AsyncDisposable {
  /** All that receive messages, ours first. */
  readonly contenders: readonly Contender[];
  readonly sweeper: Contender;
  readonly stub: Remote<typeof stubMethods>;
  readonly signal: AbortSignal;
  /** A process for the function, which has not loaded it yet. */
  start(contender: Contender, options?: StartOptions): FunctionHost;
  /** A process that has loaded the function. */
  load(contender: Contender, options?: StartOptions): Promise<FunctionHost>;
}

export interface StartOptions {
  /** Of DynamoDB and SNS, instead of the contender's own stub. */
  readonly url?: string;
  /** Flags of Node. */
  readonly execArgv?: readonly string[];
}

/** If any of it fails, none of it is left. */
export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  await using opened = new AsyncDisposableStack();
  const { packageDir, withoutPeers, signal } = options;
  const directory = await mkdtemp(join(tmpdir(), 'inbound-sms-bench-'));
  opened.defer(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }));

  const { webhook, sweeper } = await ourPackage(packageDir, directory, signal);
  const peers = withoutPeers ? [] : await buildContenders(directory, webhook);
  const contenders = [webhook, ...peers];
  const hostFile = await buildHost(directory);
  const stub = opened.use(startStub(signal));
  const urls = new Map<string, string>();
  for (const { name } of contenders) urls.set(name, await stub.call('open', name));

  const start = (contender: Contender, { url, execArgv = [] }: StartOptions = {}) => {
    const services = url ?? urls.get(contender.name) ?? '';
    // As Lambda would give it.
    const environment = functionEnvironment(contender.fn, { dynamodb: services, sns: services });
    return new Remote<typeof hostMethods>(hostFile, { environment, execArgv, signal });
  };
  const load = async (contender: Contender, startOptions?: StartOptions) => {
    await using started = new AsyncDisposableStack();
    const host = started.use(start(contender, startOptions));
    await host.call('load', targetOf(contender));
    started.move();
    return host;
  };
  const kept = opened.move();
  return {
    ...{ contenders, sweeper, stub, signal, start, load },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** A stub in a process of its own. */
export function startStub(signal: AbortSignal): Remote<typeof stubMethods> {
  return new Remote(benchFile('compare/aws-stub-host.ts'), { environment: {}, signal });
}

async function ourPackage(
  given: string | undefined,
  directory: string,
  signal: AbortSignal,
): Promise<OurPackage> {
  const packageDir = given ?? join(directory, 'package');
  if (!given) await packageService({ directory: packageDir, tokens: TOKEN, signal });
  return readOurPackage(packageDir, join(directory, 'ours'));
}
