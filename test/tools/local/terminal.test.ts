import { describe, expect, test } from 'vitest';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { emailText, logText, notificationText, readyText } from '../../../tools/local/terminal.ts';

const now = new Date(2026, 0, 2, 3, 4, 5);

describe('a stack that has started', () => {
  const stack = {
    webhookUrl: 'http://localhost:3000/sms/test',
    topicArn: 'arn:aws:sns:ap-southeast-2:000000000000:topic',
    debugTargets: [] as LocalStack['debugTargets'],
    subscribers: [] as LocalStack['subscribers'],
    secrets: { fileName: '.env' },
  } as LocalStack;

  test('shows its console first', () => {
    const text = readyText({ ...stack, consoleUrl: 'http://localhost:3000/' });
    expect(text.trim().split('\n')[0]).toBe('See it in your browser:  http://localhost:3000/');
  });

  test('shows no console if there is none', () => {
    const text = readyText(stack);
    expect(text.trim().split('\n')[0]).toBe(`The webhook is ready:  ${stack.webhookUrl}`);
    expect(text).not.toContain('browser');
  });

  test('shows the debuggers’ addresses, if there are any', () => {
    const debugTargets = [{ functionKey: 'receiveSms', address: '127.0.0.1:9229' }];
    expect(readyText({ ...stack, debugTargets })).toContain('  127.0.0.1:9229  receiveSms\n');
    expect(readyText(stack)).not.toContain('debugger');
  });

  test('shows each subscriber, and how to set a secret that is missing', () => {
    const deployed = { queue: '', deadLetters: '', subscription: '' };
    const subscribers: LocalStack['subscribers'] = [
      {
        ...{ name: 'chat', kind: 'slack', target: 'SLACK_URL' },
        deployed: { ...deployed, name: 'chat', kind: 'slack', secret: 'SLACK_URL' },
      },
      {
        ...{ name: 'team-b', kind: 'email', target: 'team@example.com' },
        filterPolicy: { from: ['+61491570156'] },
        deployed: { ...deployed, name: 'team-b', kind: 'email' },
      },
    ];
    expect(readyText({ ...stack, subscribers }, ['SLACK_URL'], ['prod'])).toContain(
      `
Subscribers below \`local:\` of settings.yml:
  chat    slack  SLACK_URL   has no secret: write SLACK_URL=VALUE into .env
  team-b  email  team@example.com   filter from: +61491570156

`,
    );
  });

  test('says that other stages’ subscribers are not here', () => {
    expect(readyText(stack, [], ['default', 'prod'])).toContain(
      'settings.yml has subscribers for default, prod, and none for this stack: they stand below `local:`.\n',
    );
    expect(readyText(stack)).not.toContain('ubscribers');
  });
});

describe('an e-mail', () => {
  const email = {
    ...{ subscriber: 'team', from: 'Inbound SMS <no-reply@sns.amazonaws.com>' },
    ...{ to: 'team@example.com', subject: 'SMS from +61400000000', text: 'Hi\nthere\n' },
  };

  test('is readable, with the sender’s text in quotes', () => {
    expect(emailText(email, { now })).toBe(
      [
        '03:04:05  e-mail  team to team@example.com',
        '                  subject "SMS from +61400000000"',
        '                  > Hi',
        '                  > there',
      ].join('\n'),
    );
  });

  test('cannot steer the terminal', () => {
    const text = emailText({ ...email, subject: 'a\u001b[2Jb', text: '\u001b]0;x\u0007' }, { now });
    expect(text).not.toContain('\u001b');
  });
});

describe('a published message', () => {
  const attributes = { schema: 'inbound-sms/1', from: '+61400000000' };

  test('may have no sender', () => {
    const message = JSON.stringify({ from: '', sms_number: '', body: 'Hi', message_id: 'id' });
    expect(notificationText({ message, attributes }, { now })).toContain(
      'from (withheld) to (unknown)',
    );
  });

  test('is readable', () => {
    const message = JSON.stringify({
      from: '+61400000000',
      sms_number: '+61290000000',
      body: 'Hi\nthere',
      message_id: 'id',
    });
    expect(notificationText({ message, attributes }, { now })).toBe(
      [
        '03:04:05  published  from +61400000000 to +61290000000',
        '                     > Hi',
        '                     > there',
        '                     message_id id',
        '                     attributes schema=inbound-sms/1, from=+61400000000',
      ].join('\n'),
    );
  });

  test('is readable in the format of AWS two-way SMS', () => {
    const message = JSON.stringify({
      originationNumber: '+1',
      destinationNumber: '+2',
      messageBody: 'Hi',
      inboundMessageId: 'id',
    });
    expect(notificationText({ message, attributes: {} }, { now })).toContain('from +1 to +2');
  });

  test('is shown unchanged in any other format', () => {
    expect(notificationText({ message: 'plain', attributes: {} }, { now })).toContain('plain');
  });

  /** What the terminal shows. It wraps long lines, and our lines begin only at these two columns. */
  const shown = (changes: object, width = 60) => {
    const message = JSON.stringify({
      from: '+1',
      sms_number: '+2',
      body: '',
      message_id: 'id',
      ...changes,
    });
    const text = notificationText(
      { message, attributes: { schema: 's', ...changes } },
      { now, width },
    );
    return text
      .split('\n')
      .flatMap((line) => line.match(new RegExp(`.{1,${width}}`, 'gu')) ?? ['']);
  };
  const isOurs = (line: string) =>
    /^(\d\d:\d\d:\d\d {2}| {21}(from|message_id|attributes) )/.test(line);
  const FAKE = ['message_id fake', 'attributes schema=fake', '03:04:06  published  from a to b'];

  test.each([
    ['of several lines', FAKE.join('\n')],
    [
      'that fills lines',
      FAKE.map((line) => line.padEnd(37))
        .join('')
        .padStart(148),
    ],
    [
      'that fills whole lines',
      FAKE.map((line) => line.padEnd(60))
        .join('')
        .padStart(217),
    ],
    ['of wide characters', '漢'.repeat(100) + FAKE.join('漢'.repeat(30))],
  ])('with no text %s can imitate our own lines', (_, text) => {
    for (const changes of [
      { body: text },
      { from: text },
      { sms_number: text, service_id: text },
    ]) {
      const lines = shown(changes);
      expect(lines.filter(isOurs)).toHaveLength(3);
      expect(lines.length).toBeGreaterThan(3);
    }
  });

  test('quotes an unusual name, so that it cannot imitate a number or an attribute', () => {
    const [first, , , last] = shown({ from: '+1 to +9, sms_number=+9' }, 200);
    expect(first).toBe('03:04:05  published  from "+1 to +9, sms_number=+9" to +2');
    expect(last).toBe('                     attributes schema=s, from="+1 to +9, sms_number=+9"');
  });

  test('cannot command the terminal', () => {
    const message = JSON.stringify({ from: 'x', body: '\u001b[2Jwiped\u0007\u009b31m' });
    const text = notificationText({ message, attributes: {} }, { now });
    expect(text).toContain('wiped');
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});

describe('a line of the log', () => {
  const line = (level: string) =>
    JSON.stringify({ level, message: 'm', outcome: 'o', timestamp: 't', _aws: {} });

  test.each(['WARN', 'ERROR'])('is readable at %s', (level) => {
    expect(logText('receiveSms', line(level), { now })).toBe(
      `03:04:05  receiveSms  ${level}  m  outcome=o`,
    );
  });

  test('has no field that can imitate another line or field', () => {
    const fields = ['a, outcome=published', '\n03:04:06  published'];
    const text = JSON.stringify({ level: 'WARN', message: 'm\nn', reason: 'x, outcome=o', fields });
    expect(logText('receiveSms', text, { now })).toBe(
      '03:04:05  receiveSms  WARN  m ⏎ n  reason="x, outcome=o", fields=["a, outcome=published","\\n03:04:06  published"]',
    );
  });

  test.each([line('INFO'), 'plain', '[]', 'null'])('%s is shown only when asked for', (text) => {
    expect(logText('receiveSms', text, { now })).toBeUndefined();
    expect(logText('receiveSms', text, { now, verbose: true })).toBe(
      `03:04:05  receiveSms  ${text}`,
    );
  });
});
