import { beforeEach, describe, expect, it } from 'vitest';
import { parseSmsNumbers, parseSourceCidrs } from '../../../lib/http/allow-lists.ts';
import { METRICS, type MetricName } from '../../../lib/telemetry/metrics.ts';
import { FakeService, type LogLine } from '../../fakes/fake-service.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { someForm, webhookEvent } from '../../fixtures/webhook-event.ts';

const [OLD, CURRENT] = ['old-token', 'new-token'];

const OPTIONS = {
  tokens: [OLD, CURRENT],
  isSourceAllowed: parseSourceCidrs('192.0.2.0/24'),
  isNumberAllowed: parseSmsNumbers('+61400000002'),
};
let service: FakeService;
beforeEach(() => {
  service = new FakeService(OPTIONS);
});
const post = (event: ReturnType<typeof webhookEvent>) => service.post(event);

/** A form of a PBX with the right settings. */
const goodForm = (changes: Record<string, string> = {}) =>
  someForm({
    webhook_url: `https://endpoint/sms/${CURRENT}`,
    webhook_url_fallback: 'you@email.com',
    ...changes,
  });
const formEvent = (fields: Record<string, string> | string, request = {}) =>
  webhookEvent(String(new URLSearchParams(fields)), { token: CURRENT, ...request });

interface Path {
  readonly name: string;
  /** Without the duration. */
  readonly metrics: readonly MetricName[];
  readonly take: () => Promise<unknown>;
}

/** Forms that are delivered, each with one oddity. */
const ODD_FORMS: readonly {
  readonly name: string;
  readonly metric: MetricName;
  readonly changes?: Record<string, string>;
  readonly replacement?: string;
  readonly request?: { readonly contentType: string };
}[] = [
  { name: 'in windows-1252', metric: 'DecodedAsWindows1252', replacement: '%E9' },
  { name: 'in broken UTF-8', metric: 'DecodedWithReplacements', replacement: '%C3%A9%FF' },
  { name: 'of text', metric: 'UnexpectedContentType', request: { contentType: 'text/plain' } },
  { name: 'of ms', metric: 'OptionalFieldMalformed', changes: { timestamp: '1576391654123' } },
  { name: 'with too much', metric: 'ExtraCut', changes: { more: 'x'.repeat(5_000) } },
  { name: 'with a token', metric: 'TokenRedacted', changes: { body: `/sms/${OLD}` } },
];

const failing = async () => {
  throw new TypeError('a defect');
};
const POSTS: readonly Path[] = [
  { name: 'new', metrics: ['Published'], take: () => post(formEvent(goodForm())) },
  {
    name: 'a duplicate',
    metrics: ['Duplicate'],
    take: async () => {
      const event = formEvent(goodForm());
      await post(event);
      await post(event);
    },
  },
  {
    name: 'in flight',
    metrics: ['InFlight'],
    take: async () => {
      const form = goodForm();
      service.topic.isDown = true;
      service.store.release = async () => false;
      await post(formEvent(form));
      await post(formEvent(form));
    },
  },
  {
    name: 'not published',
    metrics: ['Unavailable'],
    take: () => {
      service.topic.isDown = true;
      return post(formEvent(goodForm()));
    },
  },
  {
    name: 'not published at the 7th attempt',
    metrics: ['Unavailable', 'RetryBudgetLow'],
    take: async () => {
      const form = goodForm();
      service.topic.isDown = true;
      for (let attempt = 1; attempt <= 7; attempt++) await post(formEvent(form));
    },
  },
  {
    name: 'another one under a known id',
    metrics: ['Conflict'],
    take: async () => {
      const form = goodForm();
      await post(formEvent(form));
      await post(formEvent({ ...form, body: 'Other' }));
    },
  },
  {
    name: 'published, but not marked',
    metrics: ['Published', 'NotMarked'],
    take: () => {
      service.store.markPublished = failing;
      return post(formEvent(goodForm()));
    },
  },
  {
    name: 'faulty',
    metrics: ['Invalid', 'Refused'],
    take: () => post(formEvent(goodForm({ from: '\n' }))),
  },
  {
    name: 'JSON',
    metrics: ['NotAForm', 'Refused'],
    take: () => post(formEvent('{}', { contentType: 'application/json' })),
  },
  {
    name: 'too large',
    metrics: ['TooLarge', 'Refused'],
    take: () => post(formEvent(goodForm({ body: 'x'.repeat(70_000) }))),
  },
  {
    name: 'to an unknown token',
    metrics: ['UnknownToken'],
    take: () => post(formEvent(goodForm(), { token: 'other', sourceIp: '198.51.100.1' })),
  },
  {
    name: 'from another source',
    metrics: ['SourceNotAllowed', 'Refused'],
    take: () => post(formEvent(goodForm(), { sourceIp: '198.51.100.1' })),
  },
  {
    name: 'a GET from another source, which loses no message',
    metrics: ['SourceNotAllowed'],
    take: () => post(webhookEvent('', { method: 'GET', token: OLD, sourceIp: '198.51.100.1' })),
  },
  {
    name: 'to another number',
    metrics: ['NumberNotAllowed', 'Refused'],
    take: () => post(formEvent(goodForm({ sms_number: '+61499999999' }))),
  },
  {
    name: 'a GET',
    metrics: ['MethodNotAllowed'],
    take: () => post(webhookEvent('', { method: 'GET', token: OLD })),
  },
  {
    name: 'past the edge',
    metrics: ['UnknownToken', 'EdgeBypassed', 'Refused'],
    take: () => {
      service = new FakeService({ ...OPTIONS, edgeSecrets: ['secret'] });
      return post(formEvent(goodForm()));
    },
  },
  {
    name: 'met by a defect',
    metrics: ['Failed'],
    take: () => {
      service.topic.publish = undefined as never;
      return post(formEvent(goodForm()));
    },
  },
  ...ODD_FORMS.map(({ name, metric, changes = {}, replacement = '', request }) => ({
    name,
    metrics: ['Published', metric] as const,
    take: () => {
      const form = String(new URLSearchParams(goodForm({ body: 'BODY', ...changes })));
      const body = replacement ? form.replace('BODY', replacement) : form;
      return post(webhookEvent(body, { token: CURRENT, ...request }));
    },
  })),
  {
    name: 'to the old token',
    metrics: ['Published', 'OldTokenUsed'],
    take: () => post(formEvent(goodForm(), { token: OLD })),
  },
  {
    name: 'of a PBX that has another URL',
    metrics: ['Published', 'WebhookUrlMismatch'],
    take: () => post(formEvent(goodForm({ webhook_url: 'https://other/' }))),
  },
  {
    name: 'of a PBX without a fallback',
    metrics: ['Published', 'FallbackMissing'],
    take: () => post(formEvent(goodForm({ webhook_url_fallback: ' ' }))),
  },
];

const SWEEP: readonly MetricName[] = [
  'Published',
  'SweepPublished',
  'SweepRefused',
  'SweepFailed',
  'Pending',
  'OldestPendingAge',
];

interface Declaration {
  readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
}

/** The metrics that a log line declares to CloudWatch. */
function declarationsOf({ _aws }: LogLine) {
  const { CloudWatchMetrics } = _aws as { CloudWatchMetrics: readonly Declaration[] };
  return CloudWatchMetrics.map(({ Metrics, ...rest }) => ({
    ...rest,
    units: Object.fromEntries(Metrics.map(({ Name, Unit }) => [Name, Unit])),
  }));
}

const OTHER_UNITS: Partial<Record<MetricName, string>> = {
  Duration: 'Milliseconds',
  SweepDuration: 'Milliseconds',
  OldestPendingAge: 'Seconds',
};
const declarationsFor = (names: readonly MetricName[]) => [
  {
    Namespace: 'InboundSms',
    Dimensions: [['service', 'stage']],
    units: Object.fromEntries(names.map((name) => [name, OTHER_UNITS[name] ?? 'Count'])),
  },
];

describe('a request', () => {
  it.each(POSTS)('with the result $name counts as $metrics', async ({ metrics, take }) => {
    await take();
    const line = service.lastLine;
    expect(line).toMatchObject(FakeService.DIMENSIONS);
    expect(declarationsOf(line)).toEqual(declarationsFor([...metrics, 'Duration']));
    for (const name of metrics) expect(line[name]).toBe(1);
    expect(line.Duration).toBeTypeOf('number');
  });
});

describe('a sweep', () => {
  it('counts published, failed and remaining messages', async () => {
    const received_at = FakeService.NOW - 90_400;
    for (const message_id of ['ok', 'refused', 'failing', 'failing, too']) {
      await service.store.putNew(someRecord({ message_id, received_at }));
    }
    service.topic.refuses.add('refused');
    service.topic.fails.add('failing').add('failing, too');
    await service.sweep();
    const line = service.lastLine;
    expect(line).toMatchObject({
      ...FakeService.DIMENSIONS,
      ...{ Published: 1, SweepPublished: 1, SweepRefused: 1, SweepFailed: 2 },
      ...{ Pending: 3, OldestPendingAge: 90 },
    });
    expect(declarationsOf(line)).toEqual(declarationsFor([...SWEEP, 'SweepDuration']));
  });

  it('that cannot read the index reports its duration and its work, but not what is pending', async () => {
    service.store.findPending = failing;
    service.store.countPending = failing;
    await expect(service.sweep()).rejects.toThrow();
    const known: readonly MetricName[] = ['SweepPublished', 'SweepRefused', 'SweepFailed'];
    expect(declarationsOf(service.lastLine)).toEqual(declarationsFor([...known, 'SweepDuration']));
  });
});

it('all of them are emitted', () => {
  const emitted = [...POSTS.flatMap(({ metrics }) => metrics), ...SWEEP];
  // The last two are in test/lib/webhook-edge.test.ts and test/lib/forwarder.test.ts.
  const all = new Set([...emitted, 'Duration', 'SweepDuration', 'EdgeBypassed', 'SecretMissing']);
  expect([...all].toSorted()).toEqual(Object.keys(METRICS).toSorted());
});
