import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hangUp, LOOPBACK_NAME, listen } from '../../../tools/local/listen.ts';
import { type LocalStack, startLocalStack } from '../../../tools/local/stack.ts';
import { documentsOf, runCli } from './run-cli.ts';

/** The format of Standard Webhooks. */
const SECRET = `whsec_${Buffer.from('send-tests-0123456789abcdefghijk').toString('base64')}`;

describe('send to a stack with subscribers', () => {
  const started = new AsyncDisposableStack();
  let stack: LocalStack;
  beforeAll(async () => {
    const receiver = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(204).end());
    });
    const port = await listen(receiver);
    started.defer(() => hangUp(receiver));
    const directory = await mkdtemp(join(tmpdir(), 'inbound-sms-send-'));
    started.defer(() => rm(directory, { recursive: true, force: true }));
    const secrets = join(directory, '.env');
    await writeFile(secrets, `CRM_SECRET=${SECRET}\n`);
    stack = await startLocalStack({
      schedules: false,
      secretFiles: [secrets],
      settings: `local:
  subscribers:
    crm: { https: "http://${LOOPBACK_NAME}:${port}/sms", secret: CRM_SECRET }
    chat: { slack: SLACK_URL }
    staff: { teams: TEAMS_URL, from: MyBank }
    jobs: { queue: true }
`,
    });
    started.defer(() => stack.close());
  }, 120_000);
  afterAll(() => started.disposeAsync());

  const send = (...args: string[]) => runCli(['send', `--local=${stack.url}`, ...args]);

  it('shows what each of them got of one message', async () => {
    const { code, stdout } = await send('--id', 'one');
    expect(code).toBe(0);
    const [, ...lines] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(lines).toEqual([
      ['chat', 'failing (secret missing)'],
      ['crm', expect.stringMatching(/^delivered after (less than )?\d/)],
      ['jobs', 'handed to SNS'],
      ['staff', 'not for it (filter)'],
    ]);
  });

  it('counts what they got of several', async () => {
    const { stdout } = await send('--count', '3');
    expect(stdout).toContain('\ncrm\t3 delivered\n');
    expect(stdout).toContain('\nchat\t3 failing (secret missing)\n');
  });

  it('tells it with --json in a document of its own', async () => {
    const [sent, deliveries, ...others] = documentsOf(await send('--id', 'json', '--json'));
    expect(others).toEqual([]);
    expect(sent).toMatchObject({ message_id: 'json', delivered: true });
    expect(deliveries).toMatchObject({
      message_id: 'json',
      subscribers: [
        { subscriber: 'chat', state: 'failing', reason: 'secret missing' },
        { subscriber: 'crm', state: 'delivered' },
        { subscriber: 'jobs', state: 'handed-over' },
        { subscriber: 'staff', state: 'not-for-it' },
      ],
    });
  });

  it('follows nothing that the webhook has refused', async () => {
    const { code, stdout } = await send('--malformed', 'repeated-field', '--attempts', '1');
    expect(code).toBe(1);
    expect(stdout).not.toContain('crm');
  });
});
