import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram, main } from '../../tools/cli/main.ts';
import type { LocalStack } from '../../tools/local/stack.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { commandsIn, read, wordsOf } from '../helpers/documented-commands.ts';
import { postForm, startTestStack } from '../helpers/local-stack.ts';
import { fakeTerminal } from '../tools/cli/fake-terminal.ts';

const DOCUMENTS = ['docs/operations.md', 'docs/faq.md'];
const all = (name: 'inbound-sms' | 'serverless') =>
  [...new Set(DOCUMENTS.flatMap((file) => commandsIn(read(file), name)))].map(
    (command) => [command] as const,
  );

describe('bin/inbound-sms', () => {
  const MESSAGE_ID = 'an-id-of-the-test';
  let stack: LocalStack;
  beforeAll(async () => {
    stack = await startTestStack();
    await postForm(stack.webhookUrl, someForm({ message_id: MESSAGE_ID }));
  });
  afterAll(() => stack?.close());

  /** On the local stack instead of a stage. */
  const argsOf = (command: string) =>
    wordsOf(command.replace(/--stage \w+|--local/, `--local=${stack.url}`)).map((word) =>
      word === 'MESSAGE_ID' ? MESSAGE_ID : word,
    );
  const endless = /^(console|tail)\b/;

  it.each(all('inbound-sms').filter(([command]) => !endless.test(command)))(
    '%s',
    async (command) => {
      const { runtime, readErrors } = fakeTerminal();
      const code = await main(argsOf(command), runtime);
      expect(code, readErrors()).toBe(0);
    },
  );

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
  /** Its name has no option in it, `deploy list` has a space. */
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
