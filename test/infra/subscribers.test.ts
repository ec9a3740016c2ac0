import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../infra/plugin/check-settings.js';
import { logicalIdOf, readSubscribers } from '../../infra/plugin/subscribers.js';
import { temporaryDir } from '../tools/local/temporary-dir.ts';

async function subscribers(text: string, stage = 'prod') {
  const directory = await temporaryDir();
  await writeFile(join(directory, 'settings.yml'), text);
  return readSubscribers(readSettings(directory), stage);
}

describe('the subscribers of a stage', () => {
  it('are none without any in the file', async () => {
    for (const text of ['', 'prod:\n', 'prod:\n  subscribers:\n', 'dev: {subscribers: {}}']) {
      expect(await subscribers(text)).toEqual([]);
    }
  });

  it('have a kind, its fields, and a place in the file', async () => {
    const text = `prod:
  subscribers:
    team: { email: team@example.com }
    chat: { slack: SLACK_URL }
    staff: { teams: TEAMS_URL }
    my-crm: { https: "https://crm.example.com/hooks/sms", secret: CRM_SECRET }
    jobs: { queue: true }
`;
    expect(await subscribers(text)).toEqual([
      { name: 'team', kind: 'email', address: 'team@example.com', place: 'settings.yml, line 3' },
      { name: 'chat', kind: 'slack', secret: 'SLACK_URL', place: 'settings.yml, line 4' },
      { name: 'staff', kind: 'teams', secret: 'TEAMS_URL', place: 'settings.yml, line 5' },
      {
        name: 'my-crm',
        kind: 'https',
        url: 'https://crm.example.com/hooks/sms',
        secret: 'CRM_SECRET',
        place: 'settings.yml, line 6',
      },
      { name: 'jobs', kind: 'queue', place: 'settings.yml, line 7' },
    ]);
  });

  const shared = `default:
  subscribers:
    team: { email: team@example.com }
    jobs: { queue: true }
prod:
  subscribers:
    team: { email: prod@example.com }
    chat: { slack: SLACK_URL }
local:
  subscribers:
    jobs: { queue: true }
`;

  it('are those of all stages and its own, which replace those of the same name', async () => {
    expect(await subscribers(shared)).toMatchObject([
      { name: 'team', address: 'prod@example.com' },
      { name: 'jobs' },
      { name: 'chat' },
    ]);
    expect(await subscribers(shared, 'dev')).toMatchObject([
      { name: 'team', address: 'team@example.com' },
      { name: 'jobs' },
    ]);
  });

  it('include those of all stages on a stage of any name, such as an object property’s', async () => {
    const names = (await subscribers(shared, 'constructor')).map(({ name }) => name);
    expect(names).toEqual(['team', 'jobs']);
  });

  it('are only its own for the stage of `npm start`', async () => {
    expect(await subscribers(shared, 'local')).toMatchObject([{ name: 'jobs' }]);
  });
});

describe('a mistake in a subscriber is refused, with its line', () => {
  const SECRET_NAME =
    'must be the name of a secret, such as SLACK_URL, and never the secret itself';
  const ONE_KIND = 'needs exactly one of email, slack, teams, https, queue';
  const NAME = 'is not a name that a subscriber can have. Use small letters, digits and hyphens';
  it.each([
    ['Crm: { queue: true }', `Crm ${NAME}`],
    ['crm-: { queue: true }', `crm- ${NAME}`],
    ['1crm: { queue: true }', `1crm ${NAME}`],
    [`${'a'.repeat(31)}: { queue: true }`, `${'a'.repeat(31)} ${NAME}`],
    ['a-1: { queue: true }, a1: { queue: true }', 'a1 is too much like a-1. Take another name'],
    [
      'x: { queue: true }, x-queue-url: { queue: true }',
      'x-queue-url is too much like x. Take another name: both would have an output SubscriberXQueueUrl',
    ],
    [
      'x-queue-arn: { email: a@example.com }, x: { queue: true }',
      'x is too much like x-queue-arn. Take another name: both would have an output SubscriberXQueueArn',
    ],
    [
      'x: { queue: true }, x-dead-letters-url: { slack: SLACK }',
      'x-dead-letters-url is too much like x. Take another name: both would have an output SubscriberXDeadLettersUrl',
    ],
    [
      'x: { queue: true }, x-dead: { queue: true }',
      'x-dead is too much like x. Take another name: both would have a queue STACK-to-x-dead',
    ],
    [
      'x-dead: { slack: SLACK }, x: { slack: SLACK }',
      'x is too much like x-dead. Take another name: both would have a queue STACK-to-x-dead',
    ],
    ['a:', `a ${ONE_KIND}`],
    ['a: SLACK_URL', `a ${ONE_KIND}`],
    ['a: {}', `a ${ONE_KIND}`],
    ['a: { to: "+61491570156" }', `a ${ONE_KIND}`],
    ['a: { email: a@example.com, queue: true }', `a ${ONE_KIND}`],
    [
      'a: { emial: a@example.com }',
      'a.emial is not allowed here. Did you mean email? Allowed: email,',
    ],
    ['a: { email: nobody }', 'a.email must be an e-mail address'],
    ['a: { email: "a@example.com, b@example.com" }', 'a.email must be an e-mail address'],
    ['a: { email: [a@example.com] }', 'a.email must be an e-mail address'],
    ['a: { slack: slack_url }', `a.slack ${SECRET_NAME}`],
    ['a: { teams: { url: X } }', `a.teams ${SECRET_NAME}`],
    ['a: { https: "https://a.example", secret: a }', `a.secret ${SECRET_NAME}`],
    ['a: { https: "https://a.example" }', 'a: https needs secret'],
    ['a: { queue: true, secret: CRM }', 'a: secret needs https'],
    ['a: { queue: "true" }', 'a.queue must be true'],
    ['a: { queue: false }', 'a.queue must be true'],
    ['a: { queue: true, to: [] }', 'a.to must be a phone number, or a list of them'],
    ['a: { queue: true, to: "  " }', 'to must be phone numbers of 3 to 15 digits'],
    ['a: { queue: true, from: { a: b } }', 'a.from must be a number or a name, or a list of them'],
    ['a: { queue: true, from: [true] }', 'a.from[0] must be a number or a name'],
    ['a: { email: "${env:MAIL}" }', 'a.email must be an e-mail address'],
    ['a: { queue: true, to: "${env:TO}" }', 'a must not contain a variable such as ${env:NAME}'],
  ])('%s', async (subscriber, message) => {
    const lines = subscriber.replace('}, ', '}\n    ');
    const line = lines.split('\n').length + 3;
    await expect(subscribers(`# mine\nprod:\n  subscribers:\n    ${lines}\n`)).rejects.toThrow(
      `settings.yml, line ${line}: ${message}`,
    );
  });

  it.each([
    'http://a.example',
    'ftp://a.example',
    'https://me:pw@a.example/x',
    'https:/a',
    'https://a b',
    `https://a.example/${'x'.repeat(383)}`,
  ])('for the URL %s, without quoting it', async (url) => {
    const read = subscribers(`prod:\n  subscribers:\n    a: { https: "${url}", secret: CRM }\n`);
    await expect(read).rejects.toThrow(
      /^settings.yml, line 3: a.https must be a URL that begins with https:\/\/, without a password or #, of 400 characters at most$/,
    );
  });

  it.each([
    ['a: { slack: KEY }, b: { https: "https://b.example", secret: KEY }', 'b', 'a'],
    ['a: { https: "https://b.example", secret: KEY }, b: { teams: KEY }', 'b', 'a'],
  ])('for a secret of two kinds: %s', async (lines, name, other) => {
    const text = `prod:\n  subscribers:\n    ${lines.replace('}, ', '}\n    ')}\n`;
    await expect(subscribers(text)).rejects.toThrow(
      `settings.yml, line 4: ${name} cannot share the secret KEY with ${other}: slack and teams need a URL, and https needs a key`,
    );
  });

  it('for a URL that cannot be one', async () => {
    const read = subscribers(
      'prod:\n  subscribers:\n    a: { https: "https://[a", secret: CRM }\n',
    );
    await expect(read).rejects.toThrow('settings.yml, line 3: a.https is not a URL');
  });

  it('for a secret instead of its name, without quoting it', async () => {
    const url = 'https://hooks.slack.com/services/T0/B0/SECRET';
    const read = subscribers(`prod:\n  subscribers:\n    a: { slack: "${url}" }\n`);
    await expect(read).rejects.toThrow(SECRET_NAME);
    await expect(read).rejects.not.toThrow('T0');
  });

  it('for a name that makes a queue’s name too long for SQS', async () => {
    const text = (service: string) =>
      `service: ${service}\nprod:\n  subscribers:\n    a: { queue: true }\n`;
    const longest = 'a'.repeat(80 - '-prod-to-a-dead.fifo'.length);
    await expect(subscribers(text(longest))).resolves.toHaveLength(1);
    await expect(subscribers(text(`${longest}a`))).rejects.toThrow(
      `settings.yml, line 4: a is too long by 1: a queue's name has 80 characters at most`,
    );
  });
});

it('a receiver of `npm start` may be on localhost, without TLS', async () => {
  const text =
    'local:\n  subscribers:\n    a: { https: "http://localhost:9000/sms", secret: CRM }\n';
  expect(await subscribers(text, 'local')).toMatchObject([{ url: 'http://localhost:9000/sms' }]);
});

it('a name becomes a logical id of letters and digits', () => {
  expect(['crm', 'my-crm', 'a1-b2'].map(logicalIdOf)).toEqual([
    'SubscriberCrm',
    'SubscriberMyCrm',
    'SubscriberA1B2',
  ]);
});

it('two subscribers of one kind may share a secret', async () => {
  const text = 'prod:\n  subscribers:\n    a: { slack: KEY }\n    b: { slack: KEY }\n';
  await expect(subscribers(text)).resolves.toHaveLength(2);
});
