import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { type CountryCode, getCountries, getExampleNumber } from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../infra/plugin/check-settings.js';
import { ATTRIBUTES, FIELDS } from '../../infra/plugin/subscriber-filter.js';
import { readSubscribers } from '../../infra/plugin/subscribers.js';
import { MESSAGE_FORMATS, notificationsIn } from '../../lib/messages/notification.ts';
import { phoneNumbersOf } from '../../tools/shared/phone-number.ts';
import { someRecord } from '../fixtures/messages.ts';
import { temporaryDir } from '../tools/local/temporary-dir.ts';

/** The filter of a queue with these fields in the file. */
async function filterOf(fields: string, { country = 'AU', format = 'inbound-sms' } = {}) {
  const directory = await temporaryDir();
  const text = `country: ${country}
prod:
  messageFormat: ${format}
  subscribers:
    a:
      queue: true
      ${fields}
`;
  await writeFile(join(directory, 'settings.yml'), text);
  const [subscriber] = readSubscribers(readSettings(directory), 'prod');
  return subscriber;
}

const policyOf = async (...given: Parameters<typeof filterOf>) =>
  (await filterOf(...given))?.filterPolicy;

describe('to and from', () => {
  it('become a filter of the attributes, with each spelling of a number', async () => {
    expect(await filterOf('to: [+61491570156]')).toMatchObject({
      filterPolicy: { sms_number: ['+61491570156', '61491570156', '0491570156'] },
      filterScope: 'MessageAttributes',
    });
    expect(await policyOf('from: "+64 21 123 4567"')).toEqual({
      from: ['+64211234567', '64211234567', '0064211234567', '001164211234567'],
    });
  });

  it.each(['+61491570156', '0491570156', '"0491 570 156"', '61491570156', '001161491570156'])(
    'mean the same number, with or without quotes, as %s',
    async (text) => {
      const policy = await policyOf(`to: ${text}`);
      expect(policy?.sms_number).toEqual(
        expect.arrayContaining(['+61491570156', '61491570156', '0491570156']),
      );
    },
  );

  it('must both fit', async () => {
    expect(await policyOf('to: "12345"\n      from: [Acme, acme, "6789"]')).toEqual({
      sms_number: ['12345', '+12345'],
      from: [{ 'equals-ignore-case': 'acme' }, '6789', '+6789'],
    });
  });

  it.each(['AU', 'NZ', 'GB', 'US', 'FR', 'IT', 'BR', 'SG'])(
    'have, in %s, the spellings of each number that the command line takes for it, and no other',
    (country) => {
      const numbers = phoneNumbersOf(country);
      const countries = getCountries().filter((each) => getExampleNumber(each, examples));
      fc.assert(
        fc.property(fc.constantFrom(country as CountryCode, ...countries), (from) => {
          const number = getExampleNumber(from, examples);
          if (!number) throw new Error(from);
          const e164 = number.number;
          const spellings = numbers.spellings(e164);
          const matches = numbers.matcher([e164]);
          expect(spellings.filter((each) => !matches(each))).toEqual([]);
          const digits = e164.slice(1);
          const atHome = number.formatNational().replace(/\D/g, '');
          const isAtHome = matches(atHome);
          const dialled = number.format('IDD', { fromCountry: country as CountryCode });
          const likely = [
            ...[e164, digits],
            ...(isAtHome ? [atHome] : [`00${digits}`, String(dialled).replace(/\D/g, '')]),
          ].filter(matches);
          expect([...spellings].toSorted()).toEqual([...new Set(likely)].toSorted());
        }),
        { numRuns: 300 },
      );
    },
  );
});

describe('filter', () => {
  it.each([
    ['{ sms_number: ["+61491570156"], from: [{ anything-but: [Acme] }] }', 'MessageAttributes'],
    ['{ replay: [{ exists: false }] }', 'MessageAttributes'],
    ['{ from: ["+61491570156"], body: [{ equals-ignore-case: stop }] }', 'MessageBody'],
    ['{ extra: { webhook_url_fallback: [{ suffix: "@example.com" }] } }', 'MessageBody'],
    ['{ $or: [{ from: [Acme] }, { body: [{ prefix: "JOIN " }] }] }', 'MessageBody'],
    ['{ timestamp: [{ exists: true }], received_at: [{ exists: false }] }', 'MessageBody'],
    ['{ extra: { cidr: [{ cidr: "2001:db8::/32" }], timestamp: ["soon"] } }', 'MessageBody'],
    ['{ $or: [{ from: [Acme] }, { sms_number: ["12345"] }] }', 'MessageAttributes'],
  ])('%s looks at %s', async (filter, scope) => {
    const subscriber = await filterOf(`filter: ${filter}`);
    expect(subscriber?.filterScope).toBe(scope);
  });

  it('has YAML’s values, and reaches SNS as it is written', async () => {
    expect(
      await policyOf(
        'filter: { service_id: [{ exists: true }], from: [{ anything-but: { prefix: "+1" } }, { cidr: 10.0.0.0/8 }] }',
      ),
    ).toEqual({
      service_id: [{ exists: true }],
      from: [{ 'anything-but': { prefix: '+1' } }, { cidr: '10.0.0.0/8' }],
    });
  });

  it('may name the format’s fields', async () => {
    const filter = 'filter: { messageBody: [{ exists: true }] }';
    expect(await filterOf(filter, { format: 'aws-two-way-sms' })).toMatchObject({
      filterScope: 'MessageBody',
    });
    await expect(filterOf(filter)).rejects.toThrow(
      'line 7: messageBody is not a field of a message. In the format inbound-sms the fields are schema, message_id, service_id, from, sms_number, body, timestamp, received_at, extra; the attributes are',
    );
    await expect(filterOf('filter: { body: [x] }', { format: 'aws-two-way-sms' })).rejects.toThrow(
      'In the format aws-two-way-sms the fields are originationNumber,',
    );
  });
});

describe('the keys of a filter', () => {
  const contract = JSON.parse(
    readFileSync(new URL('../../docs/message.schema.json', import.meta.url), 'utf8'),
  );

  it.each(Object.entries(FIELDS))(
    'are the contract’s fields in the format %s',
    (format, fields) => {
      expect([...fields].toSorted()).toEqual(
        Object.keys(contract.$defs[format].properties).toSorted(),
      );
    },
  );

  it.each(MESSAGE_FORMATS)('are the published attributes in the format %s', (format) => {
    const { attributes } = notificationsIn(format)(someRecord({ service_id: 'acme' }));
    expect(ATTRIBUTES).toEqual(expect.arrayContaining(Object.keys(attributes)));
    expect([...Object.keys(attributes), 'replay'].toSorted()).toEqual([...ATTRIBUTES].toSorted());
  });
});

describe('a filter that SNS would refuse, or that matches no message, is refused with its line', () => {
  const many = (count: number) =>
    `[${Array.from({ length: count }, (_, index) => `"${61_491_570_000 + index}"`)}]`;
  it.each<readonly [string, string | RegExp]>([
    [`to: ${many(51)}`, 'to makes 153 combinations of values, and SNS takes at most 150.'],
    [`to: ${many(5)}\n      from: ${many(4)}`, 'to with from makes 180 combinations'],
    [
      `filter: { from: ${many(50)}, body: [a, b, c, d] }`,
      'filter makes 200 combinations of values, and SNS takes at most 150.',
    ],
    // A key one level deeper counts twice.
    [`filter: { extra: { a: ${many(76)} } }`, 'filter makes 152 combinations'],
    [
      `filter: { from: [a, b], $or: [{ body: ${many(50)} }, { sms_number: ${many(26)} }] }`,
      'filter makes 152 combinations',
    ],
    [
      'filter: { schema: [a], message_id: [a], service_id: [a], from: [a], sms_number: [a], body: [a] }',
      'filter has 6 keys, and SNS takes at most 5',
    ],
    [
      `filter: { body: [${'a'.repeat(262_144)}] }`,
      'filter has 262157 bytes, and SNS takes at most 262144',
    ],
    [
      'filter: { replay: [{ exists: false }], body: [stop] }',
      'replay is an attribute, and body is a field: a filter looks at one kind only.',
    ],
    ['filter: stop', 'a.filter must be a filter policy, such as'],
    ['filter: {}', 'a.filter must be a filter policy, such as'],
    [
      'filter: { bdy: [stop] }',
      'a.filter.bdy is not allowed here. Did you mean body? Allowed: schema,',
    ],
    ['filter: { body: stop }', 'a.filter.body must be a list, such as'],
    ['filter: { body: [] }', 'a.filter.body must be a list, such as'],
    ['filter: { from: [+61491570156] }', 'a.filter.from[0] must be text, with a number in quotes'],
    ['filter: { from: [null] }', '{ exists: false } stands for null'],
    ['filter: { from: [{ prefix: 614 }] }', 'a.filter.from[0].prefix must be text, in quotes'],
    [
      'filter: { from: [{ prefx: "614" }] }',
      'a.filter.from[0].prefx is not allowed here. Did you mean prefix? Allowed: prefix, suffix, equals-ignore-case, anything-but, cidr, exists',
    ],
    ['filter: { from: [{ prefix: "614", suffix: "1" }] }', 'a.filter.from[0] must be text, with'],
    [
      'filter: { from: [{}] }',
      'a.filter.from[0] must be text, with a number in quotes, or one operator',
    ],
    [
      'filter: { body: [{ wildcard: "*" }] }',
      'a.filter.body[0].wildcard is not an operator of SNS.',
    ],
    ['filter: { body: [{ numeric: [">", 0] }] }', 'a.filter.body[0].numeric fits no message: '],
    ...[
      ['timestamp: [{ numeric: [">", 0] }]', 'timestamp[0]'],
      ['timestamp: ["1795731700"]', 'timestamp[0]'],
      ['received_at: [1795731700000]', 'received_at[0]'],
      ['received_at: [{ exists: true }, { prefix: "17" }]', 'received_at[1]'],
      ['$or: [{ body: [a] }, { timestamp: [{ anything-but: "1" }] }]', '$or[1].timestamp[0]'],
      ['timestamp: []', 'timestamp'],
    ].map(([filter, place]): [string, string] => [
      `filter: { ${filter} }`,
      `a.filter.${place} can only be [{ exists: true }] or [{ exists: false }]: a time is a number`,
    ]),
    [
      'filter: { body: [{ anything-but: { suffix: a } }] }',
      'suffix is not allowed here. Did you mean prefix?',
    ],
    ['filter: { body: [{ exists: maybe }] }', 'a.filter.body[0].exists must be true or false'],
    ['filter: { from: [{ cidr: 10.0.0.0 }] }', 'a.filter.from[0].cidr must be a network'],
    ...['999.1.1.1/99', '10.0.0.0/33', '1.2.3/8', '::1/129', ':::/8'].map(
      (cidr): [string, string] => [
        `filter: { extra: { ip: [a, { cidr: "${cidr}" }] } }`,
        `the cidr ${cidr} of filter is not a network. It must be IPv4 or IPv6 with a prefix, such as`,
      ],
    ),
    ...['"*"', 'hello', '1e5', '12', '"1234567890123456"', '[12345, "  "]'].map(
      (to): [string, RegExp] => [
        `to: ${to}`,
        /: to must be phone numbers of 3 to 15 digits, as for allowedSmsNumbers; entry [12] is not\. Leave to out/,
      ],
    ),
    ...['"*"', '"?"', '1e5', '"  "', '[Acme, "+"]'].map((from): [string, RegExp] => [
      `from: ${from}`,
      /: from must be numbers, or names with a letter; entry [12] is not\. Leave from out/,
    ]),
    ['from: [""]', 'a.from[0] must be a number or a name'],
    ['filter: { body: [[stop]] }', 'a.filter.body[0] must be text'],
    ['filter: { extra: [a] }', 'a.filter.extra must be a map of fields'],
    ['filter: { body: { a: [b] } }', 'a.filter.body must be a list'],
    ['filter: { $or: [{ body: [a] }] }', 'a.filter.$or must be a list of two policies or more'],
    ['filter: { extra: { "a/b~c": stop } }', 'a.filter.extra.a/b~c must be a list'],
    ['to: "12345"\n      filter: { body: [a] }', 'a.to is not allowed beside filter'],
    ['from: "12345"\n      filter: { body: [a] }', 'a.from is not allowed beside filter'],
  ])('%.60s', async (fields, message) => {
    await expect(filterOf(fields)).rejects.toThrow(message);
    await expect(filterOf(fields)).rejects.toThrow(/^settings\.yml, line [78]: /);
  });

  it('has more than 150 combinations', async () => {
    const subscriber = await filterOf(`to: ${many(50)}`);
    expect(subscriber?.filterPolicy?.sms_number).toHaveLength(150);
  });
});
