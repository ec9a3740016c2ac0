import { describe, expect, it } from 'vitest';
import {
  readCommonConfig,
  readForwardMessageConfig,
  readReceiveSmsConfig,
} from '../../lib/config.ts';

const HASHES = ['a'.repeat(64), '0123456789abcdef'.repeat(4)];
const environment = {
  SERVICE: 'inbound-sms',
  STAGE: 'prod',
  MESSAGES_TABLE_NAME: 'messages',
  MESSAGES_TOPIC_ARN: 'arn:aws:sns:us-east-1:000000000000:messages',
  RETENTION_DAYS: '90',
  WEBHOOK_TOKEN_HASHES: HASHES.join(','),
};
const common = {
  service: 'inbound-sms',
  stage: 'prod',
  tableName: 'messages',
  topicArn: 'arn:aws:sns:us-east-1:000000000000:messages',
  retentionMs: 90 * 86_400_000,
  messageFormat: 'inbound-sms',
};
const { WEBHOOK_TOKEN_HASHES: _, ...commonEnvironment } = environment;

describe('what a function reads', () => {
  it('is complete for the webhook', () => {
    const config = readReceiveSmsConfig(environment);
    const { tokens, isSourceAllowed, isNumberAllowed, ...rest } = config;
    expect(rest).toEqual({
      ...{ ...common, edgeSecrets: undefined, edgeDomainName: undefined },
      // An older version's environment, without the quarantine.
      quarantineMs: 30 * 86_400_000,
    });
    expect(tokens.hashes).toEqual(HASHES.map((hash) => ({ hash: Buffer.from(hash, 'hex') })));
  });

  it('may include a token’s length', () => {
    const [withLength, bare] = readReceiveSmsConfig({
      ...environment,
      WEBHOOK_TOKEN_LENGTHS: '32',
    }).tokens.hashes;
    expect(withLength?.length).toBe(32);
    expect(bare).not.toHaveProperty('length');
  });

  it('is complete for the sweeper, without the tokens', () => {
    expect(readCommonConfig(commonEnvironment)).toEqual(common);
  });
});

describe('an optional variable', () => {
  it.each([undefined, ''])('has its default if it is %j', (value) => {
    const { messageFormat, edgeSecrets, edgeDomainName, isSourceAllowed, isNumberAllowed } =
      readReceiveSmsConfig({
        ...environment,
        MESSAGE_FORMAT: value,
        EDGE_SECRET_HASHES: value,
        EDGE_DOMAIN_NAME: value,
        ALLOWED_SOURCE_CIDRS: value,
        ALLOWED_SMS_NUMBERS: value,
      });
    expect([messageFormat, edgeSecrets, edgeDomainName]).toEqual([
      'inbound-sms',
      undefined,
      undefined,
    ]);
    expect([isSourceAllowed('nonsense'), isNumberAllowed('')]).toEqual([true, true]);
  });

  it('is used if it is set', () => {
    const {
      quarantineMs,
      messageFormat,
      edgeSecrets,
      edgeDomainName,
      isSourceAllowed,
      isNumberAllowed,
    } = readReceiveSmsConfig({
      ...environment,
      QUARANTINE_DAYS: '7',
      MESSAGE_FORMAT: 'aws-two-way-sms',
      EDGE_SECRET_HASHES: HASHES.join(','),
      EDGE_DOMAIN_NAME: 'sms.example.com',
      ALLOWED_SOURCE_CIDRS: '10.0.0.0/8',
      ALLOWED_SMS_NUMBERS: '+61400000002',
    });
    expect(messageFormat).toBe('aws-two-way-sms');
    expect(edgeSecrets?.hashes.map(({ hash }) => hash.toString('hex'))).toEqual(HASHES);
    expect(edgeDomainName).toBe('sms.example.com');
    expect(quarantineMs).toBe(7 * 86_400_000);
    expect([isSourceAllowed('10.1.2.3'), isSourceAllowed('11.1.2.3')]).toEqual([true, false]);
    expect([isNumberAllowed('61400000002'), isNumberAllowed('1')]).toEqual([true, false]);
  });

  it.each([
    ['QUARANTINE_DAYS', '0', 'must be a whole number of days, at least 1'],
    ['MESSAGE_FORMAT', 'aws', 'must be inbound-sms or aws-two-way-sms'],
    ['MESSAGE_FORMAT', 'constructor', 'must be inbound-sms or aws-two-way-sms'],
    ['EDGE_SECRET_HASHES', 'a-secret', 'must be SHA-256 hashes in hex, comma separated'],
    ['WEBHOOK_TOKEN_LENGTHS', '32,', 'must be whole numbers, comma separated'],
    ['WEBHOOK_TOKEN_LENGTHS', '0', 'must be whole numbers, comma separated'],
    ['WEBHOOK_TOKEN_LENGTHS', '1e3', 'must be whole numbers, comma separated'],
    ['ALLOWED_SOURCE_CIDRS', ' ', 'must be IPv4 or IPv6 addresses or CIDRs, comma separated'],
    ['ALLOWED_SMS_NUMBERS', '+61,', 'must be phone numbers, comma separated'],
  ])('%s is named if it is %j, with what is allowed', (name, value, allowed) => {
    expect(() => readReceiveSmsConfig({ ...environment, [name]: value })).toThrow(
      `The environment variable ${name} ${allowed}`,
    );
  });
});

describe('a missing variable', () => {
  it.each(Object.keys(environment))('%s is named', (name) => {
    const message = `The environment variable ${name} is not set`;
    for (const value of [undefined, '']) {
      expect(() => readReceiveSmsConfig({ ...environment, [name]: value })).toThrow(message);
    }
  });

  it.each(Object.keys(commonEnvironment))('%s is named by the sweeper, too', (name) => {
    expect(() => readCommonConfig({ ...commonEnvironment, [name]: undefined })).toThrow(
      `The environment variable ${name} is not set`,
    );
  });
});

describe('a wrong variable', () => {
  it.each(['0', '-1', '1.5', '1e3', '090', ' 90', '90 days', '100000'])(
    'RETENTION_DAYS %j is named',
    (days) => {
      expect(() => readCommonConfig({ ...environment, RETENTION_DAYS: days })).toThrow(
        'The environment variable RETENTION_DAYS must be a whole number of days',
      );
    },
  );

  it.each([
    ['a token', 'a-token-instead-of-its-hash'],
    ['upper case', 'A'.repeat(64)],
    ['too short', 'a'.repeat(63)],
    ['too long', 'a'.repeat(65)],
    ['a comma at the end', `${HASHES[0]},`],
    ['a space after the comma', HASHES.join(', ')],
    ['a length', `${HASHES[0]}:32`],
  ])('WEBHOOK_TOKEN_HASHES with %s is named, but its value is not shown', (_, hashes) => {
    const read = () => readReceiveSmsConfig({ ...environment, WEBHOOK_TOKEN_HASHES: hashes });
    expect(read).toThrow(
      /^The environment variable WEBHOOK_TOKEN_HASHES must be SHA-256 hashes in hex, comma separated$/,
    );
  });
});

describe('the forwarder', () => {
  const SUBSCRIBERS = [
    { name: 'team', kind: 'email', topicArn: 'arn:aws:sns:us-east-1:000000000000:team' },
    { name: 'chat', kind: 'slack', secret: 'SLACK_URL' },
    { name: 'staff', kind: 'teams', secret: 'TEAMS_URL' },
    { name: 'crm', kind: 'https', url: 'https://crm.example.com', secret: 'CRM_SECRET' },
  ];
  const { SERVICE, STAGE, MESSAGES_TABLE_NAME } = environment;
  const forwarder = {
    ...{ SERVICE, STAGE, MESSAGES_TABLE_NAME },
    SUBSCRIBERS: JSON.stringify(SUBSCRIBERS),
    TIME_ZONE: 'Australia/Sydney',
  };

  it('reads its subscribers and the time zone', () => {
    expect(readForwardMessageConfig(forwarder)).toEqual({
      ...{ service: 'inbound-sms', stage: 'prod', tableName: 'messages' },
      ...{ subscribers: SUBSCRIBERS, timeZone: 'Australia/Sydney' },
    });
  });

  it.each([undefined, ''])('tells times in UTC if TIME_ZONE is %j', (TIME_ZONE) => {
    expect(readForwardMessageConfig({ ...forwarder, TIME_ZONE }).timeZone).toBe('UTC');
  });

  it.each(['SERVICE', 'STAGE', 'MESSAGES_TABLE_NAME', 'SUBSCRIBERS'])('needs %s', (name) => {
    expect(() => readForwardMessageConfig({ ...forwarder, [name]: '' })).toThrow(
      `The environment variable ${name} is not set`,
    );
  });

  it('refuses an unknown time zone', () => {
    expect(() => readForwardMessageConfig({ ...forwarder, TIME_ZONE: 'Sydney' })).toThrow(
      'The environment variable TIME_ZONE must be an IANA time zone, such as Australia/Sydney',
    );
  });

  it.each([
    'no JSON',
    '{}',
    'null',
    '[null]',
    '[{"name":"jobs","kind":"queue"}]',
    ...SUBSCRIBERS.flatMap((subscriber) =>
      Object.keys(subscriber).map((name) => JSON.stringify([{ ...subscriber, [name]: '' }])),
    ),
  ])('refuses subscribers of %s', (value) => {
    expect(() => readForwardMessageConfig({ ...forwarder, SUBSCRIBERS: value })).toThrow(
      /^The environment variable SUBSCRIBERS must be a JSON array of subscribers$/,
    );
  });
});
