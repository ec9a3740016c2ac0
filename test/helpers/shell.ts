import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Whether a command exists and succeeds. */
export function has(command: string, ...args: string[]): boolean {
  return spawnSync(command, args.length > 0 ? args : ['--version']).status === 0;
}

/** A bash that keeps variables and functions between pieces of a script. */
export class Shell implements AsyncDisposable {
  readonly #directory: string;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(directory: string, environment: NodeJS.ProcessEnv) {
    this.#directory = directory;
    this.#environment = environment;
  }

  static async start(environment: NodeJS.ProcessEnv): Promise<Shell> {
    return new Shell(await mkdtemp(join(tmpdir(), 'inbound-sms-shell-')), environment);
  }

  /**
   * Runs a piece of the script. It ends at the first command that fails, also within `$(…)`.
   *
   * @returns Its output.
   * @throws {Error} If a command failed, with its standard error.
   */
  async run(script: string): Promise<string> {
    const saved = join(this.#directory, 'variables');
    const whole = `set -euo pipefail; set -a; if [ -f '${saved}' ]; then . '${saved}'; fi
${script}
{ export -p; declare -f; } > '${saved}'`;
    const { stdout } = await promisify(execFile)('bash', ['-c', whole], {
      cwd: this.#directory,
      env: this.#environment,
    });
    return stdout;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.#directory, { recursive: true, force: true });
  }
}
