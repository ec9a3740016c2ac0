import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageService } from '../../local/package-service.ts';
import type { methods as stubMethods } from '../processes/aws-stub-host.ts';
import { Remote } from '../processes/remote.ts';
import { buildContenders, buildHost } from './build-contenders.ts';
import { benchFile, type Contender, type FunctionHost, startHost, targetOf } from './contender.ts';
import { type OurPackage, readOurPackage } from './our-package.ts';
import { TOKEN } from './webhook-event.ts';

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
  const stub = opened.use(startStub<typeof stubMethods>('aws-stub-host.ts', signal));
  const urls = new Map<string, string>();
  for (const { name } of contenders) urls.set(name, await stub.call('open', name));

  const start = (contender: Contender, { url, execArgv = [] }: StartOptions = {}) => {
    const own = urls.get(contender.name) ?? '';
    return startHost(contender, { hostFile, url: url ?? own, execArgv, signal });
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
export function startStub<Methods>(file: string, signal: AbortSignal): Remote<Methods> {
  return new Remote<Methods>(benchFile(`processes/${file}`), { environment: {}, signal });
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
