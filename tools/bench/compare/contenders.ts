import { mkdtempDisposable, readFile, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { zipSync } from 'fflate';
import {
  type FunctionDefinition,
  functionEnvironment,
  readFunctions,
} from '../../local/function-definition.ts';
import { Template } from '../../local/template.ts';
import { AwsStub } from '../aws-stub.ts';
import { packaged } from '../stacks.ts';
import type { Target } from './function-host.ts';
import { FunctionProcess } from './function-process.ts';

export interface BundleSize {
  readonly minifiedBytes: number;
  readonly zippedBytes: number;
}

/** A measured function. */
export interface Contender {
  readonly name: string;
  /** Its description in the table. */
  readonly about: string;
  /** Absent for a bundle whose SDK comes from elsewhere. */
  readonly size: BundleSize | undefined;
  readonly fn: FunctionDefinition;
  /**
   * Its own DynamoDB and SNS, so that its calls can be told from the others'. They run in this
   * process, which only waits meanwhile, so their work does not count as the function's.
   */
  readonly stub: AwsStub;
  /** The parts of the function that a process needs. */
  readonly target: Target;
  /** A process that has not loaded the function yet. @param execArgv Flags of Node. */
  start(execArgv?: readonly string[], stub?: Reached): FunctionProcess;
  /** A process that has loaded the function. */
  load(execArgv?: readonly string[], stub?: Reached): Promise<FunctionProcess>;
}

/** The addresses of a stub that a process needs. */
type Reached = Pick<AwsStub, 'endpoints' | 'trust'>;

export interface ContendersOptions {
  /** A package for the stage `local` and the token `test`. Without it, one is made. */
  readonly packageDir?: string | undefined;
  /** Measures only our functions. */
  readonly withoutPeers?: boolean;
  readonly signal: AbortSignal;
}

/** The input of the measurements. */
export interface Contenders extends AsyncDisposable {
  /** The functions that receive messages, ours first. */
  readonly contenders: readonly Contender[];
  readonly sweeper: Contender;
}

const PEERS = {
  floor: 'the two SDK clients, the same three calls, nothing else',
  powertools: 'Middy with Powertools idempotency, logger and metrics',
  naive: 'Middy, form parser and document client; the SDK is not bundled',
} as const;

/** Bundles all contenders. If one fails, nothing is left. */
export async function openContenders(options: ContendersOptions): Promise<Contenders> {
  const { packageDir, withoutPeers, signal } = options;
  await using opened = new AsyncDisposableStack();
  const { path } = opened.use(await mkdtempDisposable(join(tmpdir(), 'inbound-sms-bench-')));
  const ourPackage = opened.use(await packaged(packageDir, signal));
  const hostFile = await buildHost(path);

  async function contender(
    { name, about, size }: Pick<Contender, 'name' | 'about' | 'size'>,
    fn: FunctionDefinition,
  ): Promise<Contender> {
    const own = opened.use(await AwsStub.start());
    const { file, exportName, timeoutMs, memoryMb } = fn;
    const target = { url: pathToFileURL(file).href, exportName, timeoutMs, memoryMb };
    const start = (execArgv?: readonly string[], { endpoints, trust }: Reached = own) => {
      // The same as in Lambda.
      const environment = functionEnvironment(fn, endpoints, trust);
      return new FunctionProcess(hostFile, { environment, execArgv, signal });
    };
    const load = async (execArgv?: readonly string[], stub?: Reached) => {
      const host = start(execArgv, stub);
      await host.call('load', target);
      return host;
    };
    return { name, about, size, fn, stub: own, target, start, load };
  }

  const functions = await ourFunctions(ourPackage.path, join(path, 'ours'));
  const ours = async (key: string) => {
    const fn = functions.find((candidate) => candidate.key === key);
    if (!fn) throw new Error(`The package in ${ourPackage.path} has no function ${key}`);
    const zip = join(ourPackage.path, `${key}.zip`);
    // The sizes of the module and of the whole zip file.
    const [minified, zipped] = await Promise.all([stat(fn.file), stat(zip)]);
    const size = { minifiedBytes: minified.size, zippedBytes: zipped.size };
    const about = 'this service, the bundle that a deployment ships';
    return contender({ name: 'ours', about, size }, fn);
  };
  const [webhook, sweeper] = [await ours('receiveSms'), await ours('publishPending')];
  const contenders = [webhook];
  if (!withoutPeers) {
    await symlink(benchFile('../../node_modules'), join(path, 'node_modules'), 'junction');
    for (const [name, about] of Object.entries(PEERS)) {
      const { fn, size } = await bundlePeer(name, path, webhook.fn);
      contenders.push(await contender({ name, about, size }, fn));
    }
  }
  const kept = opened.move();
  return { contenders, sweeper, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** The functions of our package, as the compiled template configures them. */
export async function ourFunctions(
  packageDir: string,
  codeDir: string,
): Promise<FunctionDefinition[]> {
  const file = join(packageDir, 'cloudformation-template-update-stack.json');
  const template = new Template(JSON.parse(await readFile(file, 'utf8')), 'inbound-sms-bench');
  return readFunctions(template, packageDir, codeDir);
}

/** The options with which esbuild makes a small ES module for Lambda. */
const PLAIN: BuildOptions = {
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  legalComments: 'none',
  // The SDK's CommonJS parts call `require` for Node's modules, which an ES module does not
  // have.
  banner: {
    js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
  },
};

/** Bundles a contender of `contenders/`. It gets the same memory and time, table and topic as ours. */
async function bundlePeer(name: string, directory: string, ours: FunctionDefinition) {
  const outfile = join(directory, `${name}.mjs`);
  const isComplete = name !== 'naive';
  await build({
    ...PLAIN,
    entryPoints: [benchFile(`contenders/${name}.ts`)],
    outfile,
    // As on Lambda, an existing copy of the SDK is loaded instead.
    ...(!isComplete && { external: ['@aws-sdk/*'] }),
  });
  const { MESSAGES_TABLE_NAME = '', MESSAGES_TOPIC_ARN = '' } = ours.environment;
  const tables = { MESSAGES_TABLE_NAME, IDEMPOTENCY_TABLE_NAME: 'idempotency' };
  const fn = {
    ...ours,
    ...{ handler: `${name}.handler`, file: outfile, exportName: 'handler', taskRoot: directory },
    environment: { ...tables, MESSAGES_TOPIC_ARN },
  };
  const bundle = await readFile(outfile);
  const zippedBytes = zipSync({ 'index.mjs': bundle }, { level: 9 }).length;
  return { fn, size: isComplete ? { minifiedBytes: bundle.length, zippedBytes } : undefined };
}

/** function-host.ts as plain JavaScript: loading TypeScript would show in every measurement. */
export async function buildHost(directory: string): Promise<string> {
  const outfile = join(directory, 'function-host.mjs');
  const entryPoints = [benchFile('compare/function-host.ts')];
  await build({ bundle: true, format: 'esm', platform: 'node', entryPoints, outfile });
  return outfile;
}

/** A file of `bench/`. */
function benchFile(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}
