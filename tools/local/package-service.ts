import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { REGION } from './aws.ts';
import type { KeptPackages } from './kept-packages.ts';
import {
  CACHE_FOLDER,
  firstWritable,
  type Inputs,
  keyOfInputs,
  ROOT,
  readInputs,
  writeInputs,
} from './package-inputs.ts';
import { StartError } from './settings.ts';

const SERVERLESS = join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js');

export interface PackageOptions {
  /** Where the template and the functions' zip files go. */
  readonly directory: string;
  /** The webhook's tokens, comma separated. */
  readonly tokens: string;
  /** What an edge proves itself with, comma separated; without any there is no edge. */
  readonly edgeSecrets?: string | undefined;
  /** `local` unless told. */
  readonly stage?: string;
  /** `ap-southeast-2` unless told. */
  readonly region?: string;
  /** The text of settings.yml. Without it there is no such file. */
  readonly settings?: string | undefined;
  /** Parameters of a deployment, on top of the defaults. */
  readonly params?: Readonly<Record<string, string>> | undefined;
  /** Where packages are kept. With it, one that was made of the same is taken instead of a new one. */
  readonly kept?: KeptPackages | undefined;
  /** Told if there is no such package, and one is made. */
  readonly onNew?: (() => void) | undefined;
  /** Ends the packaging before it is done. */
  readonly signal?: AbortSignal | undefined;
}

/** Packages the service as a deployment would. */
export async function packageService(options: PackageOptions): Promise<void> {
  const { directory, tokens, edgeSecrets = '', params = {}, settings } = options;
  const { kept, onNew, signal } = options;
  const { stage = 'local', region = REGION } = options;
  const args = ['package', '--stage', stage, '--region', region];
  for (const [name, value] of Object.entries(params)) args.push('--param', `${name}=${value}`);
  const secrets = { WEBHOOK_TOKENS: tokens, EDGE_SECRETS: edgeSecrets };

  const inputs = await readInputs(settings);
  // Without a list of the installed packages nothing is kept.
  const key = kept && (await keyOfInputs(inputs, { args, secrets }).catch(() => undefined));
  if (key && (await kept?.restore(key, directory))) return;
  onNew?.();
  await inFolderOf(inputs, (folder) =>
    serverless([...args, '--package', directory], folder, secrets, signal),
  );
  if (key) await kept?.keep(key, directory);
}

/**
 * Packages the service meanwhile, unless there is a package, or somebody makes one. Disposed of, the making
 * ends.
 */
export function packaged(
  options: PackageOptions & { readonly packageDir?: string | Promise<string> | undefined },
): AsyncDisposable & { readonly directory: Promise<string> } {
  const { packageDir, directory, signal } = options;
  if (packageDir) {
    return { directory: Promise.resolve(packageDir), async [Symbol.asyncDispose]() {} };
  }
  const ending = new AbortController();
  const ended = signal ? AbortSignal.any([signal, ending.signal]) : ending.signal;
  const made = packageService({ ...options, signal: ended }).then(() => directory);
  const settled = Promise.allSettled([made]);
  return {
    directory: made,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await settled;
    },
  };
}

/**
 * Runs `use` with a folder that looks like the service.
 *
 * serverless and its esbuild plugin work in fixed folders below the service (`.serverless`,
 * `.esbuild`), so two that run at once break each other, and one here would wipe the package of a
 * deployment. Hence each gets a folder of its own: what comes out is the same, byte for byte.
 */
export async function inServiceCopy<T>(use: (folder: string) => Promise<T>): Promise<T> {
  return inFolderOf(await readInputs(), use);
}

async function inFolderOf<T>(inputs: Inputs, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'inbound-sms-service-'));
  try {
    await writeInputs(inputs, folder);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * Runs serverless, without an AWS account or anything of the user's own settings.
 *
 * @throws {StartError} With all that it printed, if it does not succeed.
 */
export async function serverless(
  args: readonly string[],
  cwd: string,
  secrets: Readonly<Record<'WEBHOOK_TOKENS' | 'EDGE_SECRETS', string>>,
  signal?: AbortSignal,
): Promise<void> {
  const child = spawn(process.execPath, [SERVERLESS, ...args], {
    cwd,
    env: {
      ...ofTheSystem(process.env),
      ...secrets,
      // Nobody, unless a parameter says otherwise. Unset, it would be refused.
      ALARM_EMAIL: '',
      NO_COLOR: '1',
      // Below the copy of the service, which goes: serverless leaves what it unpacks.
      TMPDIR: cwd,
      // A home of its own: the user's may be read-only, and has profiles and settings of serverless.
      HOME: cwd,
      USERPROFILE: cwd,
      // Where it keeps what checks serverless.yml, which takes two seconds to make.
      SLS_SCHEMA_CACHE_BASE_DIR:
        (await firstWritable([homedir(), CACHE_FOLDER], '.serverless/artifacts')) ?? cwd,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal && { signal, killSignal: 'SIGKILL' as const }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
    });
  }
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject).once('close', resolve);
  const code = await promise;
  if (code !== 0) throw new StartError(`The service cannot be packaged:\n${output.trim()}`);
}

/** What a program needs to run. Nothing else of the user's environment may change what comes out. */
const SYSTEM = ['PATH', 'SYSTEMROOT', 'COMSPEC', 'PATHEXT'];

function ofTheSystem(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => SYSTEM.includes(name.toUpperCase())),
  );
}
