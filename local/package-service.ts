import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REGION } from './aws.ts';
import { StartError } from './start-error.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SERVERLESS = join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js');
const NOT_NEEDED = new Set([
  ...['.git', '.local', '.serverless', '.esbuild', 'coverage'],
  // What somebody has set for deployments.
  'settings.yml',
]);

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
  /** Parameters of a deployment, on top of the defaults. */
  readonly params?: Readonly<Record<string, string>> | undefined;
  /** Ends the packaging before it is done. */
  readonly signal?: AbortSignal | undefined;
}

/** Packages the service as a deployment would. */
export async function packageService({
  directory,
  tokens,
  edgeSecrets = '',
  stage = 'local',
  region = REGION,
  params = {},
  signal,
}: PackageOptions): Promise<void> {
  const options = ['--stage', stage, '--region', region, '--package', directory];
  for (const [name, value] of Object.entries(params)) options.push('--param', `${name}=${value}`);
  const secrets = { WEBHOOK_TOKENS: tokens, EDGE_SECRETS: edgeSecrets };
  await inServiceCopy((folder) => serverless(['package', ...options], folder, secrets, signal));
}

/**
 * Runs `use` with a folder that looks like the service.
 *
 * serverless and its esbuild plugin work in fixed folders below the service (`.serverless`,
 * `.esbuild`), so two that run at once break each other, and one here would wipe the package of a
 * deployment. Hence each gets a folder of its own: what comes out is the same, byte for byte.
 */
export async function inServiceCopy<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'inbound-sms-service-'));
  try {
    await mirror(ROOT, folder);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Files are copied, because serverless refuses a configuration that is a link. */
async function mirror(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true });
  await Promise.all(
    entries
      .filter(({ name }) => !NOT_NEEDED.has(name) && !name.startsWith('.env'))
      .map((entry) => {
        const [source, target] = [join(from, entry.name), join(to, entry.name)];
        return entry.isFile() ? copyFile(source, target) : symlink(source, target, 'junction');
      }),
  );
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
      ...withoutUsersOwn(process.env),
      ...secrets,
      // Nobody, unless a parameter says otherwise. Unset, it would be refused.
      ALARM_EMAIL: '',
      NO_COLOR: '1',
      // Below the copy of the service, which goes: serverless leaves what it unpacks.
      TMPDIR: cwd,
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

/**
 * Packaging calls no AWS; neither an account of the user's nor what they deploy with, here or in .env,
 * may change what comes out.
 */
function withoutUsersOwn(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('AWS_')),
  );
}
