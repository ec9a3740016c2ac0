import { describe, expect, it, vi } from 'vitest';
import { compileTemplate } from '../helpers/compiled-template.ts';

interface Parameters {
  readonly PARAMETERS: Readonly<
    Record<string, { readonly allowed: string; readonly fallback?: string }>
  >;
  readonly STAGE_DEFAULTS: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readParameter(name: string, value: unknown): unknown;
  checkParameters(values: Readonly<Record<string, unknown>>): void;
  refuseHalfAnEdge(edge: { edgeDomainName: unknown; hasSecret: boolean }): void;
  parameterOf(name: string): unknown;
}
const {
  PARAMETERS,
  STAGE_DEFAULTS,
  readParameter,
  checkParameters,
  refuseHalfAnEdge,
  parameterOf,
} = await vi.importActual<Parameters>('../../infra/plugin/parameters.js');

const defaults: Record<string, unknown> = {
  ...Object.fromEntries(Object.entries(PARAMETERS).map(([name, { fallback }]) => [name, fallback])),
  alarmEmail: '',
};

const KEY = 'arn:aws-cn:kms:cn-north-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const CERTIFICATE = 'arn:aws:acm:us-east-1:123456789012:certificate/1234abcd-12ab-34cd';

/** For each parameter: accepted values and their results, and refused values. */
const CASES: Record<string, { good: [given: unknown, used: unknown][]; bad: unknown[] }> = {
  retentionDays: {
    good: [
      [1, 1],
      ['36500', 36_500],
    ],
    bad: [0, 36_501, '1.5', '-1', '1e3', '0x10', 'ninety', '', ' 9', null, undefined],
  },
  quarantineDays: { good: [['7', 7]], bad: [0, 36_501, ''] },
  allowedSourceCidrs: {
    good: [
      [[], ''],
      ['', ''],
      ['10.0.0.0/8, ::1/128', '10.0.0.0/8,::1/128'],
      [['203.0.113.7', '2001:db8::/32', '0.0.0.0/0'], '203.0.113.7,2001:db8::/32,0.0.0.0/0'],
    ],
    bad: [
      '203.0.113.0/08',
      'fe80::1%eth0',
      '10.0.0.0/33',
      '::/129',
      '10.0.0/8',
      'pbx.example.com',
      '10.0.0.0/8/8',
      '10.0.0.0/',
      '1',
    ],
  },
  allowedSmsNumbers: {
    good: [
      [[], ''],
      ['+61400000000', '+61400000000'],
      [['61400000000', '0400 000 000'], '61400000000,0400 000 000'],
    ],
    bad: ['12', 'sales', '+6140000000000000', '+', '+61-4x'],
  },
  alarmEmail: {
    good: [
      ['', ''],
      ['ops@example.com', 'ops@example.com'],
    ],
    bad: ['ops', 'ops@example', 'a@b.c, d@e.f', 'o ps@example.com', null],
  },
  topicType: { good: [['fifo', 'fifo']], bad: ['FIFO', '', 'queue'] },
  messageFormat: {
    good: [['aws-two-way-sms', 'aws-two-way-sms']],
    bad: ['aws', '', 'inbound-sms/1'],
  },
  subscriberAccounts: {
    good: [
      [[], ''],
      ['123456789012, 012345678901', '123456789012,012345678901'],
      [[123456789012], '123456789012'],
    ],
    bad: ['12345678901', '1234567890123', 'arn:aws:iam::123456789012:root', [1234567890]],
  },
  throttleRate: { good: [['1', 1]], bad: [0, 10_001, '0.5', 'none'] },
  throttleBurst: { good: [[5000, 5000]], bad: [0, 10_001, ''] },
  reservedConcurrency: { good: [['0', 0]], bad: [-1, 10_001, ''] },
  memorySize: { good: [['256', 256]], bad: [255, 10_241, '512MB'] },
  logRetentionDays: { good: [['7', 7]], bad: [0, 2, 31, 'forever'] },
  kmsKeyArn: {
    good: [
      ['', ''],
      [KEY, KEY],
    ],
    bad: ['alias/mine', 'arn:aws:kms:us-east-1:123456789012:alias/mine', '1234abcd-12ab'],
  },
  noTrafficAlarmHours: { good: [['167', 167]], bad: [168, -1, 'never'] },
  messagesAlarmPerHour: {
    good: [
      [0, 0],
      ['1000000', 1_000_000],
    ],
    bad: [1_000_001, -1, 'many'],
  },
  domainName: {
    good: [
      ['', ''],
      ['sms.example.com', 'sms.example.com'],
    ],
    bad: ['https://sms.example.com', 'example', 'SMS_.example.com', '-a.example.com', 'a b.com'],
  },
  certificateArn: {
    good: [[CERTIFICATE, CERTIFICATE]],
    bad: ['1234abcd-12ab-34cd', KEY, CERTIFICATE.replace(':acm:', ':iam:')],
  },
  hostedZoneId: {
    good: [['Z1D633PJN98FT9', 'Z1D633PJN98FT9']],
    bad: ['/hostedzone/Z1D633PJN98FT9', 'z1', 'Z'],
  },
  defaultEndpoint: {
    good: [
      ['false', false],
      [true, true],
    ],
    bad: ['off', 1, '', null],
  },
  edgeDomainName: {
    good: [
      ['', ''],
      ['sms.example.com', 'sms.example.com'],
    ],
    bad: ['https://sms.example.com', 'example', 'd111111abcdef8.cloudfront.net/sms'],
  },
  protectData: {
    good: [
      [true, true],
      ['false', false],
    ],
    bad: ['yes', 0, '', null],
  },
};

describe('the defaults', () => {
  it('are of every parameter but alarmEmail, and the cases below cover each', () => {
    const without = Object.keys(PARAMETERS).filter(
      (name) => PARAMETERS[name]?.fallback === undefined,
    );
    expect(without).toEqual(['alarmEmail']);
    expect(Object.keys(CASES).toSorted()).toEqual(Object.keys(PARAMETERS).toSorted());
  });

  it.each(['prod', ...Object.keys(STAGE_DEFAULTS)])('are right for the stage %s', (stage) => {
    const values = { ...defaults, ...STAGE_DEFAULTS[stage] };
    expect(() => checkParameters(values)).not.toThrow();
  });

  it('protect the data of every stage except throw-away stages', () => {
    const unprotected = Object.keys(STAGE_DEFAULTS).filter(
      (stage) => STAGE_DEFAULTS[stage]?.protectData === 'false',
    );
    expect(unprotected).toEqual(['dev', 'test', 'local']);
    expect(defaults.protectData).toBe('true');
  });
});

describe.each(Object.entries(CASES))('%s', (name, { good, bad }) => {
  it.each(good)('may be %j', (given, used) => {
    expect(readParameter(name, given)).toBe(used);
  });

  it.each(bad)('may not be %j, and the error says what is allowed', (value) => {
    const allowed = PARAMETERS[name]?.allowed;
    expect(allowed).toMatch(/\w/);
    const wrong = value == null ? `is not set, and must be ${allowed}` : `must be ${allowed}, not `;
    expect(() => readParameter(name, value)).toThrow(`The parameter ${name} ${wrong}`);
  });
});

describe('together', () => {
  it.each([
    [{ domainName: 'sms.example.com' }, 'domainName needs certificateArn'],
    [{ certificateArn: CERTIFICATE }, 'need domainName'],
    [{ hostedZoneId: 'Z1D633PJN98FT9' }, 'need domainName'],
  ])('%j is half a domain', (values, sentence) => {
    expect(() => checkParameters({ ...defaults, ...values })).toThrow(sentence);
  });

  it('a domain needs only its certificate', () => {
    const values = { domainName: 'sms.example.com', certificateArn: CERTIFICATE };
    expect(() => checkParameters({ ...defaults, ...values })).not.toThrow();
  });

  it('the default endpoint can be off only if there is another', () => {
    expect(() => checkParameters({ ...defaults, defaultEndpoint: 'false' })).toThrow(
      'The parameter defaultEndpoint can be false only with domainName',
    );
    const domain = { domainName: 'sms.example.com', certificateArn: CERTIFICATE };
    expect(() =>
      checkParameters({ ...defaults, ...domain, defaultEndpoint: 'false' }),
    ).not.toThrow();
  });

  it('an edge needs both a domain and a secret', () => {
    const edgeDomainName = 'sms.example.com';
    expect(() => refuseHalfAnEdge({ edgeDomainName, hasSecret: false })).toThrow(
      'The parameter edgeDomainName needs EDGE_SECRETS',
    );
    expect(() => refuseHalfAnEdge({ edgeDomainName: '', hasSecret: true })).toThrow(
      'EDGE_SECRETS needs the parameter edgeDomainName',
    );
    expect(() => refuseHalfAnEdge({ edgeDomainName, hasSecret: true })).not.toThrow();
    expect(() => refuseHalfAnEdge({ edgeDomainName: '', hasSecret: false })).not.toThrow();
  });

  it('an unknown name is refused, and all are named', () => {
    const refused = () => ['retentionDays', 'retentiondays'].map(parameterOf);
    expect(refused).toThrow(
      'There is no parameter retentiondays. Did you mean retentionDays? The parameters are: retentionDays, ',
    );
  });
});

describe('packaging reports once what is wrong', { timeout: 120_000 }, () => {
  const messageOf = (params: Record<string, string>, edgeSecrets?: string) =>
    compileTemplate({ params, edgeSecrets }).then(
      () => expect.unreachable('It was packaged'),
      (error: Error) => error.message,
    );
  const count = (text: string, part: string) => text.split(part).length - 1;

  it.each([
    ['memorySize', 'lots', 'must be a whole number from 256 to 10240, not "lots"'],
    ['alarmEmail', 'ops', 'must be an e-mail address, or empty, not "ops"'],
  ])('with %s=%s', async (name, value, sentence) => {
    const message = await messageOf({ [name]: value });
    expect(count(message, `The parameter ${name} ${sentence}`)).toBe(1);
    expect(count(message, 'The parameter ')).toBe(1);
  });

  it.each([
    [{ defaultEndpoint: 'false' }, undefined, 'can be false only with domainName'],
    [{ edgeDomainName: 'sms.example.com' }, undefined, 'edgeDomainName needs EDGE_SECRETS'],
    [{}, 'a-secret-of-the-edge-1', 'EDGE_SECRETS needs the parameter edgeDomainName'],
    [{ edgeDomainName: 'sms.example.com' }, 'short', 'EDGE_SECRETS has 5 characters'],
  ])('with %j and the secret %s', async (params, edgeSecrets, sentence) => {
    const message = await messageOf(params as Record<string, string>, edgeSecrets);
    expect(count(message, sentence)).toBe(1);
  });

  it('with an unknown name', async () => {
    expect(await messageOf({ retentiondays: '1' })).toContain(
      'There is no parameter retentiondays',
    );
  });
});
