import { describe, expect, it } from 'vitest';
import { toEmail } from '../../lib/forwarding/email.ts';
import { toHttps } from '../../lib/forwarding/https.ts';
import { createProgram } from '../../tools/cli/main.ts';
import { someForwarded } from '../fixtures/forwarded-message.ts';
import { commandsIn, read, wordsOf } from '../helpers/documented-commands.ts';
import { fakeTerminal } from '../tools/cli/fake-terminal.ts';

const guide = read('docs/subscribers.md');

/** The guide's code block in a language. */
function codeOf(language: string): string {
  const [, code = ''] =
    new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(guide) ?? [];
  return code.trim();
}

const lines = (code: string) => code.split('\n').map((line) => line.trim());

describe('docs/subscribers.md', () => {
  it.each([
    ['ts', 'examples/verify-signature.ts'],
    ['py', 'examples/verify_signature.py'],
  ])('quotes %s exactly from %s', (language, file) => {
    const quoted = lines(codeOf(language));
    expect(quoted.length).toBeGreaterThan(1);
    for (const line of quoted) expect(lines(read(file))).toContain(line);
  });

  it('shows an e-mail as it is sent', () => {
    const message = someForwarded({
      sms_number: '+61491570156',
      body: 'Is my order ready?',
      timestamp: 1_795_731_700,
    });
    const subscriber = { name: 'team', kind: 'email', topicArn: '' } as const;
    const email = toEmail(message, subscriber, { timeZone: 'Australia/Sydney' });
    if (email.kind !== 'publish') return expect.unreachable();
    expect(`${codeOf('text')}\n`).toBe(`Subject: ${email.subject}\n\n${email.text}`);
  });

  it.each(commandsIn(guide, 'inbound-sms'))(
    'names a command that there is: %s',
    async (command) => {
      const [name = '', ...args] = wordsOf(command);
      const { commands } = await createProgram(fakeTerminal().runtime, [name]);
      const found = commands.find((each) => each.name() === name);
      if (!found) return expect.unreachable();
      const { operands, unknown } = found.parseOptions(args);
      // Both parts of a command such as `secret set` have options.
      const [part, ...rest] = operands;
      const inner = found.commands.find((each) => each.name() === part);
      expect(inner ? inner.parseOptions([...rest, ...unknown]).unknown : unknown).toEqual([]);
    },
  );

  it('names exactly the headers of a signed request', () => {
    const message = someForwarded({ replay: 'run-1' });
    const subscriber = { name: 'crm', kind: 'https', url: '', secret: '' } as const;
    const request = toHttps(message, subscriber, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 0);
    if (request.kind !== 'post') return expect.unreachable();
    const [, table = ''] = guide.split('| header ');
    const named = [...table.matchAll(/^\| `([a-z-]+)` /gm)].map(([, name]) => name);
    expect(named).toEqual(Object.keys(request.headers));
  });
});
