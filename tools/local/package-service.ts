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
  /** The folder for the template and the functions' zip files. */
  readonly directory: string;
  /** The webhook's tokens, comma separated. */
  readonly tokens: string;
  /** An edge's secrets, comma separated. Empty if there is no edge. */
  readonly edgeSecrets?: string | undefined;
  /** Default: `local`. */
  readonly stage?: string;
  /** Default: `ap-southeast-2`. */
  readonly region?: string;
  /** The text of settings.yml. Without it, there is no such file. */
  readonly settings?: string | undefined;
  /** Parameters of a deployment, on top of the defaults. */
  readonly params?: Readonly<Record<string, string>> | undefined;
  /** A cache of packages. With it, a package with the same inputs is used instead of a new one. */
  readonly kept?: KeptPackages | undefined;
  /** Called if the cache has no such package, before one is made. */
  readonly onNew?: (() => void) | undefined;
  /** Cancels the packaging. */
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
  // Without a list of the installed packages, nothing is kept.
  const key = kept && (await keyOfInputs(inputs, { args, secrets }).catch(() => undefined));
  if (key && (await kept?.restore(key, directory))) return;
  onNew?.();
  await inFolderOf(inputs, (folder) =>
    serverless([...args, '--package', directory], folder, secrets, signal),
  );
  if (key) await kept?.keep(key, directory);
}

/**
 * Packages the service in the background, unless a package exists or somebody else makes one. Disposing
 * cancels it.
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
 * serverless and its esbuild plugin work in fixed folders below the service (`.serverless`, `.esbuild`).
 * Two at once would break each other, and one here would delete the package of a deployment. So each gets
 * its own folder. The result is the same, byte for byte.
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
 * Runs serverless without an AWS account and without the user's own settings.
 *
 * @throws {StartError} With serverless's output, if it fails.
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
      // An unset variable would be refused. A parameter may set an address.
      ALARM_EMAIL: '',
      NO_COLOR: '1',
      // serverless leaves unpacked files there, so they go with the copy of the service.
      TMPDIR: cwd,
      // Its own home folder. The user's may be read-only, and has profiles and settings of serverless.
      HOME: cwd,
      USERPROFILE: cwd,
      // serverless keeps its validator of serverless.yml here, which takes two seconds to make.
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

/** The variables that a program needs to run. No others of the user's may change the result. */
const SYSTEM = ['PATH', 'SYSTEMROOT', 'COMSPEC', 'PATHEXT'];

function ofTheSystem(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => SYSTEM.includes(name.toUpperCase())),
  );
}
