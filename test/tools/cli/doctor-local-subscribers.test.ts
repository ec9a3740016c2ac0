import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalStack, startLocalStack } from '../../../tools/local/stack.ts';
import { documentsOf, runCli } from './run-cli.ts';

const DEPLOYED = `local:
  subscribers:
    chat: { slack: SLACK_URL, filter: { body: [{ prefix: Join }, { anything-but: [STOP] }] } }
    team: { email: team@example.com, to: "+61491570156" }
    jobs: { queue: true, from: [MyBank, "0491570006"] }
`;

describe('doctor, on a local stack with subscribers', () => {
  const started = new AsyncDisposableStack();
  let stack: LocalStack;
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'inbound-sms-doctor-'));
    started.defer(() => rm(directory, { recursive: true, force: true }));
    stack = await startLocalStack({ schedules: false, settings: DEPLOYED, secretFiles: [] });
    started.defer(() => stack.close());
  }, 120_000);
  afterAll(() => started.disposeAsync());

  /** What it finds of subscribers and secrets, with this settings.yml. */
  async function found(settings: string): Promise<string[]> {
    await writeFile(join(directory, 'settings.yml'), settings);
    const args = ['doctor', `--local=${stack.url}`, '--no-canary', '--json'];
    return documentsOf(await runCli(args, { cwd: directory }))
      .filter(({ check }) => check === 'subscriber' || check === 'secrets')
      .map(({ status, detail }) => `${status}: ${detail}`);
  }

  it('finds each as settings.yml has it, and the secret that .env has not', async () => {
    expect(await found(DEPLOYED)).toEqual([
      'ok: chat (slack) is deployed as settings.yml has it',
      'ok: jobs (queue) is deployed as settings.yml has it',
      'ok: team (email) is deployed as settings.yml has it',
      'failed: SLACK_URL is missing: chat (slack) gets nothing',
    ]);
  });

  it('finds changes in settings.yml', async () => {
    const changed = DEPLOYED.replace('STOP', 'QUIT')
      .replace('jobs: { queue: true', 'jobs: { teams: TEAMS_URL')
      .replace('team:', 'crew:');
    expect(await found(changed)).toEqual([
      'warning: crew (email) is in settings.yml, but not deployed',
      'warning: chat (slack) is deployed with another filter than settings.yml has',
      'warning: jobs (queue) is deployed with another kind and secret than settings.yml has',
      'warning: team (email) is deployed, but not in settings.yml',
      'failed: SLACK_URL is missing: chat (slack) gets nothing',
    ]);
  });
});
