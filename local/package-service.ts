import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REGION } from './aws.ts';
import { StartError } from './start-error.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SERVERLESS = join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js');
const NOT_NEEDED = new Set(['.git', '.local', '.serverless', '.esbuild', 'coverage']);

export interface PackageOptions {
  /** Where the template and the functions' zip files go. */
  readonly directory: string;
  /** The webhook's tokens, comma separated. */
  readonly tokens: string;
  /** Ends the packaging before it is done. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Packages the service as a deployment would, for the stage `local`.
 *
 * serverless and its esbuild plugin work in fixed folders below the service (`.serverless`,
 * `.esbuild`), so two that run at once break each other, and one here would wipe the package of a
 * deployment. Hence each gets a folder of its own that looks like the service: what comes out is
 * the same, byte for byte.
 */
export async function packageService({ directory, tokens, signal }: PackageOptions): Promise<void> {
  const service = await mkdtemp(join(tmpdir(), 'inbound-sms-service-'));
  try {
    await mirror(ROOT, service);
    const options = ['--stage', 'local', '--region', REGION, '--package', directory];
    await run([SERVERLESS, 'package', ...options], service, tokens, signal);
  } finally {
    await rm(service, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Files are copied, because serverless refuses a configuration that is a link. */
async function mirror(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true });
  await Promise.all(
    entries
      .filter(({ name }) => !NOT_NEEDED.has(name))
      .map((entry) => {
        const [source, target] = [join(from, entry.name), join(to, entry.name)];
        return entry.isFile() ? copyFile(source, target) : symlink(source, target, 'junction');
      }),
  );
}

async function run(
  args: string[],
  cwd: string,
  tokens: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...withoutAws(process.env), WEBHOOK_TOKENS: tokens, NO_COLOR: '1' },
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

/** Packaging calls no AWS; an account of the user's must not be able to change what comes out. */
function withoutAws(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('AWS_')),
  );
}
