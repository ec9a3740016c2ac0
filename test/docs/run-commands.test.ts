import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram, main } from '../../tools/cli/main.ts';
import { type LocalStack, startLocalStack } from '../../tools/local/stack.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { commandsIn, read, wordsOf } from '../helpers/documented-commands.ts';
import { postForm } from '../helpers/local-stack.ts';
import { fakeTerminal } from '../tools/cli/fake-terminal.ts';

const DOCUMENTS = ['docs/operations.md', 'docs/faq.md', 'docs/first-test.md'];
const all = (name: 'inbound-sms' | 'serverless') =>
  [...new Set(DOCUMENTS.flatMap((file) => commandsIn(read(file), name)))].map(
    (command) => [command] as const,
  );

describe('bin/inbound-sms', () => {
  const MESSAGE_ID = 'an-id-of-the-test';
  let stack: LocalStack;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inbound-sms-commands-'));
    const secretFile = join(folder, '.env');
    await writeFile(secretFile, `CRM_SECRET=${Buffer.alloc(32, 1).toString('base64')}\n`);
    stack = await startLocalStack({
      secretFiles: [secretFile],
      ...{ tokens: 'test', schedules: false },
      // No process listens there.
      settings:
        'local: { subscribers: { crm: { https: "http://127.0.0.1:9", secret: CRM_SECRET } } }',
    });
    await postForm(stack.webhookUrl, someForm({ message_id: MESSAGE_ID }));
  }, 120_000);
  afterAll(async () => {
    await stack?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A command's arguments for the local stack. @param id Replaces `ID`. */
  const argsOf = (command: string, id = 'ID') =>
    wordsOf(command.replace(/--stage \w+|--local/, `--local=${stack.url}`)).map((word) =>
      word === 'MESSAGE_ID' ? MESSAGE_ID : word === 'ID' ? id : word,
    );
  /** The `message_id` of a message that was refused because another one has it. */
  async function refused(): Promise<string> {
    const form = someForm();
    await postForm(stack.webhookUrl, form);
    expect((await postForm(stack.webhookUrl, { ...form, body: 'Another text' })).status).toBe(409);
    return form.message_id ?? '';
  }
  const endless = /^(console|tail|listen)\b/;
  /** These commands ask for a secret, or wait for a receiver. */
  const interactive = /^(secret set|subscribers test)\b/;
  /**
   * These need stored tokens, which the local stack does not have. test/tools/cli/token-use.test.ts runs
   * them.
   */
  const ofStoredTokens = /^token \w/;
  const isRun = (command: string) =>
    ![endless, interactive, ofStoredTokens].some((kind) => kind.test(command));

  it.each(all('inbound-sms').filter(([command]) => isRun(command)))('%s', async (command) => {
    const { runtime, readErrors, answer } = fakeTerminal();
    const isOfRefused = /^quarantine .*\bID\b/.test(command);
    if (isOfRefused) answer('yes');
    const code = await main(argsOf(command, isOfRefused ? await refused() : undefined), runtime);
    expect(code, readErrors()).toBe(0);
  });

  it.each(all('inbound-sms').filter(([command]) => endless.test(command)))(
    '%s: does not end, and is there with its options',
    async (command) => {
      const [name = '', ...args] = argsOf(command);
      const { commands } = await createProgram(fakeTerminal().runtime, [name]);
      const found = commands.find((each) => each.name() === name);
      expect(found?.parseOptions(args)).toMatchObject({ operands: [], unknown: [] });
    },
  );
});

describe('bin/serverless', () => {
  const BIN = fileURLToPath(new URL('../../bin/serverless', import.meta.url));
  /** The command's name, which ends before its options. `deploy list` has a space. */
  const nameOf = (command: string) => command.split(' -')[0] ?? '';
  const helps = new Map<string, Promise<string>>();
  const helpOf = (name: string): Promise<string> => {
    const asked =
      helps.get(name) ??
      promisify(execFile)(BIN, [...name.split(' '), '--help']).then(({ stdout }) => stdout);
    helps.set(name, asked);
    return asked;
  };

  it.each(all('serverless'))('%s', { timeout: 60_000 }, async (command) => {
    const help = await helpOf(nameOf(command));
    for (const option of wordsOf(command).filter((word) => word.startsWith('--'))) {
      expect(help).toContain(`${option} `);
    }
  });
});
