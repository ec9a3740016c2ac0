import { describe, expect, it } from 'vitest';
import {
  ALARMS,
  deadLettersOf,
  FORWARDER_ALARMS,
  messageVolume,
  noTraffic,
} from '../../infra/alarm-list.js';
import { FakeService, OPEN } from '../fakes/fake-service.ts';
import { webhookEvent } from '../fixtures/webhook-event.ts';
import { commandsIn, read, wordsOf } from '../helpers/documented-commands.ts';
import { matchesPattern } from '../helpers/filter-pattern.ts';

const document = read('docs/operations.md');
/** A section's paragraphs and blocks. */
const piecesOf = (heading: string) => {
  const [, section = ''] = `\n${document}`.split(`\n## ${heading}\n`);
  const [text = ''] = section.split('\n## ');
  return text.trim().split('\n\n');
};
const HEADINGS = [...document.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
const ALL = [
  ...ALARMS,
  messageVolume(1_000),
  noTraffic(24),
  ...FORWARDER_ALARMS,
  deadLettersOf('crm', ''),
].map(({ section, ...alarm }) => ({ ...alarm, name: section ?? alarm.name }));

it('has a section for each alarm', () => {
  for (const { name } of ALL) expect(HEADINGS).toContain(name);
});

/** The document has these parameters' values in place of the numbers above. */
const NUMBERS = { noTrafficAlarmHours: '24', messagesAlarmPerHour: '1000' };

describe('a section begins with the cause, whether a message is lost, whether to act, and a command:', () => {
  it.each(ALL)('$name, as its e-mail does', ({ name, means, lost, act }) => {
    const [first = '', command] = piecesOf(name);
    const said = Object.entries(NUMBERS).reduce(
      (text, [parameter, number]) => text.replace(parameter, number),
      first.replaceAll('\n', ' ').replaceAll('`', ''),
    );
    expect(said).toBe(`${means} **Is a message lost?** ${lost} **Act now?** ${act}`);
    expect(command).toMatch(/^```sh\nbin\/(inbound-sms|serverless) \S.*\n```$/);
  });

  const others = HEADINGS.filter((heading) => !ALL.some(({ name }) => name === heading));
  // Finding a message does not mean that something is wrong.
  it.each(others.filter((heading) => heading !== 'Find a message'))('%s', (heading) => {
    const [first = '', command] = piecesOf(heading);
    expect(first.replaceAll('\n', ' ')).toMatch(
      /^[A-Z][^*]+\. \*\*Is a message lost\?\*\* (No|Not yet)\b.* \*\*Act now\?\*\* (Yes|No)\b/,
    );
    expect(command).toMatch(/^```sh\nbin\/(inbound-sms|serverless) \S/);
  });

  it('Find a message, with the command', () => {
    expect(piecesOf('Find a message')[0]).toMatch(/^```sh\nbin\/inbound-sms show /);
  });
});

describe('the documented filters find in the log', () => {
  const patterns = new Set(
    commandsIn(document, 'serverless').flatMap((command) => {
      const words = wordsOf(command);
      return words.includes('--filter') ? [words[words.indexOf('--filter') + 1] ?? ''] : [];
    }),
  );
  const post = (service: FakeService, body?: string) =>
    service.post(webhookEvent(body, { token: 'token' }));
  const CASES = {
    'a defect': (service) =>
      service.post({ ...webhookEvent(undefined, { token: 'token' }), body: 5 as never }),
    'an outage': (service) => {
      service.topic.isDown = true;
      return post(service);
    },
    'a refusal': (service) => post(service, 'message_id=1&body=a'),
    'the seventh attempt': async (service) => {
      service.topic.isDown = true;
      for (let attempt = 1; attempt <= 7; attempt++) await post(service);
    },
    'a URL that is another one in the portal': (service) => post(service),
    'a post around the edge': (service) => post(service),
  } satisfies Record<string, (service: FakeService) => Promise<unknown>>;

  it.each<[string, keyof typeof CASES]>([
    ['{ $.outcome = "failed" }', 'a defect'],
    ['{ $.level = "ERROR" }', 'an outage'],
    ['{ $.Refused = 1 }', 'a refusal'],
    ['{ $.RetryBudgetLow = 1 }', 'the seventh attempt'],
    ['{ $.level = "WARN" }', 'a URL that is another one in the portal'],
    ['{ $.EdgeBypassed = 1 }', 'a post around the edge'],
  ])('%s: %s', async (pattern, name) => {
    expect(patterns).toContain(pattern);
    const edge = name.includes('edge') ? { edgeSecrets: ['secret'] } : {};
    const service = new FakeService({ ...OPEN, ...edge });
    await CASES[name](service);
    expect(matchesPattern(pattern, JSON.stringify(service.lastLine))).toBe(true);
    const fine = new FakeService();
    await post(fine, 'message_id=1&from=a&sms_number=b&body=c&webhook_url_fallback=a@b.example');
    expect(matchesPattern(pattern, JSON.stringify(fine.lastLine))).toBe(false);
  });
});
