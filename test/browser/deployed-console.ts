import { startCli } from '../tools/cli/run-cli.ts';
import { expect } from './console-test.ts';

export interface DeployedConsole {
  /** As printed. */
  readonly url: string;
  /** Ends it, as Ctrl-C does. */
  end(): Promise<void>;
}

/** Starts `inbound-sms console`, which ends with the test at the latest. */
export async function startConsole(...args: string[]): Promise<DeployedConsole> {
  const { stdout, child, result } = await startCli(['console', ...args]);
  await expect.poll(stdout).toMatch(/^http.*\n$/);
  return {
    url: stdout().trim(),
    async end() {
      child.kill('SIGINT');
      await result;
    },
  };
}
