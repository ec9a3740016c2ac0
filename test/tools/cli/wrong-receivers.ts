import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** What a receiver sees of a request. */
interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** The message. */
  // biome-ignore lint/suspicious/noExplicitAny: each receiver reads it in its own way.
  readonly message: any;
  /** How often it has accepted this `webhook-id`. */
  readonly accepted: number;
}

/** How a receiver departs from the right one. */
interface Parts {
  /** What it verifies. */
  readonly signedBody?: (seen: Seen) => string | Buffer;
  readonly isSigned?: (signatures: string, expected: string) => boolean;
  /** Seconds. */
  readonly tolerance?: number;
  /** The status for a request that is not genuine. */
  readonly refusal?: number;
  /** The status for what it does not like, before it verifies anything. */
  readonly early?: (seen: Seen) => number | undefined;
  /** The status for a genuine message that it does not like. */
  readonly late?: (seen: Seen) => number | undefined | Promise<number | undefined>;
}

/** A receiver that keeps the contract, but for these parts. */
export function receiverWith(secret: string, parts: Parts): RequestListener {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const { signedBody = ({ bytes }: Seen) => bytes, tolerance = 300, refusal = 401 } = parts;
  const isSigned = parts.isSigned ?? ((all, expected) => all.split(' ').includes(expected));
  const accepted = new Map<string, number>();

  async function statusOf(headers: IncomingHttpHeaders, bytes: Buffer): Promise<number> {
    const id = String(headers['webhook-id']);
    const count = accepted.get(id) ?? 0;
    const seen = { headers, bytes, message: JSON.parse(String(bytes)), accepted: count };
    const early = parts.early?.(seen);
    if (early !== undefined) return early;
    const time = String(headers['webhook-timestamp']);
    const signer = createHmac('sha256', key).update(`${id}.${time}.`).update(signedBody(seen));
    const expected = `v1,${signer.digest('base64')}`;
    const age = Math.abs(Date.now() / 1_000 - Number(time));
    const isGenuine = isSigned(String(headers['webhook-signature']), expected);
    if (!isGenuine || !(age <= tolerance)) return refusal;
    const late = await parts.late?.(seen);
    if (late !== undefined) return late;
    accepted.set(id, count + 1);
    return 200;
  }

  return async (request, response) => {
    const bytes = await buffer(request);
    const status = await statusOf(request.headers, bytes).catch(() => 500);
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
  };
}

/** How long a lock is held: for copies of the same moment, much less is enough. */
const HELD_MS = 60;

/** @returns What takes a lock for a while, and tells whether it was free. */
export function lockOnId(): (id: string) => Promise<boolean> {
  const held = new Set<string>();
  return async (id) => {
    if (held.has(id)) return false;
    held.add(id);
    await new Promise((resolve) => setTimeout(resolve, HELD_MS));
    return held.delete(id);
  };
}

const never = new Promise<never>(() => {});
const statusIf = (isWrong: boolean, status: number) => (isWrong ? status : undefined);

/** Receivers with one fault each, and every promise that the fault breaks. Made anew for each run: some remember. */
export const WRONG_RECEIVERS: readonly (readonly [
  fault: string,
  breaks: readonly string[],
  parts: () => Parts,
])[] = [
  ['answers too late', ['in-time'], () => ({ late: () => never })],
  ['redirects', ['genuine'], () => ({ late: () => 302 })],
  ['verifies with another secret', ['genuine'], () => ({ isSigned: () => false })],
  [
    'refuses a duplicate',
    ['duplicate', 'simultaneous', 'replay'],
    () => ({ late: ({ accepted }) => statusIf(accepted > 0, 500) }),
  ],
  [
    'never lets go of a lock that a copy found taken',
    ['simultaneous'],
    () => {
      const lock = lockOnId();
      const stuck = new Set<string>();
      return {
        late: async ({ headers }) => {
          const id = String(headers['webhook-id']);
          if (!(await lock(id))) stuck.add(id);
          return statusIf(stuck.has(id), 503);
        },
      };
    },
  ],
  [
    'refuses replays',
    ['replay'],
    () => ({ late: ({ headers }) => statusIf('x-inbound-sms-replay' in headers, 409) }),
  ],
  [
    'checks no signature',
    ['forged', 'unsigned'],
    () => ({ isSigned: () => true, early: timeMayBeMissing }),
  ],
  [
    'verifies the beginning of the signature',
    ['forged'],
    () => ({ isSigned: (all, expected) => all.split(' ').some((one) => expected.startsWith(one)) }),
  ],
  [
    'answers for what it has before it verifies',
    ['forged'],
    () => ({ early: ({ accepted }) => statusIf(accepted > 0, 200) }),
  ],
  [
    'fails where a header is missing',
    ['unsigned'],
    () => ({ early: ({ headers }) => statusIf(!('webhook-timestamp' in headers), 500) }),
  ],
  [
    'lets through what has no signature',
    ['unsigned'],
    () => ({ early: ({ headers }) => statusIf(!('webhook-signature' in headers), 200) }),
  ],
  ['accepts any time', ['stale'], () => ({ tolerance: Number.POSITIVE_INFINITY })],
  ['accepts a time of six minutes ago', ['stale'], () => ({ tolerance: 3_300 })],
  [
    'reads the first signature only',
    ['two-signatures'],
    () => ({ isSigned: (all, expected) => all.split(' ')[0] === expected }),
  ],
  [
    'verifies JSON that it has written again',
    ['raw-body'],
    () => ({ signedBody: ({ message }) => JSON.stringify(message) }),
  ],
  [
    'wants numbers as senders',
    ['sender'],
    () => ({
      late: ({ message }) =>
        statusIf(!/^(\+\d{6,15})?$/.test(message.from) && isAscii(message.from), 422),
    }),
  ],
  ['wants a sender', ['withheld'], () => ({ late: ({ message }) => statusIf(!message.from, 422) })],
  [
    'wants a recipient',
    ['withheld'],
    () => ({ late: ({ message }) => statusIf(!message.sms_number, 422) }),
  ],
  [
    'reads UTF-8 as latin1',
    ['unicode', 'long'],
    () => ({ signedBody: ({ bytes }) => bytes.toString('latin1') }),
  ],
  [
    'takes 160 characters',
    ['long'],
    () => ({ late: ({ message }) => statusIf([...message.body].length > 160, 413) }),
  ],
  ['takes 32 KB', ['long'], () => ({ late: ({ bytes }) => statusIf(bytes.length > 32_768, 413) })],
  ['wants a text', ['empty-text'], () => ({ late: ({ message }) => statusIf(!message.body, 400) })],
  [
    'has 36 characters for an id',
    ['any-id'],
    () => ({ late: ({ message }) => statusIf(message.message_id.length > 36, 400) }),
  ],
  [
    'wants service_id',
    ['left-out'],
    () => ({ late: ({ message }) => statusIf(!message.service_id, 400) }),
  ],
  [
    'wants timestamp',
    ['left-out'],
    () => ({ late: ({ message }) => statusIf(!message.timestamp, 400) }),
  ],
  [
    'has a strict schema',
    ['unknown-fields'],
    () => ({
      late: ({ message }) =>
        statusIf(
          Object.keys(message).some((name) => !KNOWN.has(name)),
          400,
        ),
    }),
  ],
  [
    'wants the order in which messages were received',
    ['order'],
    () => {
      let last = 0;
      return {
        late: ({ message: { received_at } }) => {
          if (received_at < last && Date.now() - received_at < 86_400_000) return 409;
          last = Math.max(last, received_at);
          return undefined;
        },
      };
    },
  ],
  [
    'wants messages that were received today',
    ['late'],
    () => ({ late: ({ message }) => statusIf(Date.now() - message.received_at > 86_400_000, 410) }),
  ],
];

const KNOWN = new Set(
  'schema message_id service_id from sms_number body timestamp received_at extra'.split(' '),
);

const isAscii = (text: string) => /^[\x20-\x7e]*$/.test(text);

/** So that the time is no reason to refuse. */
function timeMayBeMissing({ headers }: Seen): undefined {
  headers['webhook-timestamp'] ??= String(Math.floor(Date.now() / 1_000));
}
