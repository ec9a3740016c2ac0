import { randomBytes } from 'node:crypto';
import { toHttps } from '../../../lib/forwarding/https.ts';
import type { ForwardedMessage, Outgoing } from '../../../lib/forwarding/outgoing.ts';
import { readForwarded } from '../../../lib/forwarding/read-forwarded.ts';
import type { MessageRecord } from '../../../lib/messages/message-record.ts';
import { type MessageFormat, notificationsIn } from '../../../lib/messages/notification.ts';

export type Post = Extract<Outgoing, { kind: 'post' }>;

/** The changes of a test to an ordinary message. */
export type Changes = Partial<Omit<MessageRecord, 'message_id'>> & {
  /** The end of the `message_id`, after the prefix of the run. */
  readonly id?: string;
  /** An optional field to leave out. */
  readonly omit?: 'service_id' | 'timestamp';
  /** Fields that no version has yet. */
  readonly later?: Readonly<Record<string, unknown>>;
};

/** How one attempt differs from an ordinary one. */
export interface Attempt {
  /** Ms from now. */
  readonly offsetMs?: number;
  /** The secrets that sign, with spaces between. */
  readonly secret?: string;
  readonly replay?: string;
}

/** Numbers that Australia reserves for fiction: https://www.acma.gov.au/phone-numbers-use-tv-shows-films-and-creative-works */
const NUMBERS = { from: '+61491570156', sms_number: '+61491570157' };

/** The messages of one run, and the requests that the forwarder would send. */
export class TestMessages {
  /** Every `message_id` begins with it. */
  readonly prefix = `conform-${randomBytes(4).toString('hex')}-`;
  readonly secret: string;
  /** A valid secret that the receiver does not have. */
  readonly otherSecret = `whsec_${randomBytes(32).toString('base64')}`;
  readonly #url: string;
  readonly #format: MessageFormat;
  #count = 0;

  constructor(url: string, secret: string, format: MessageFormat) {
    this.#url = url;
    this.secret = secret;
    this.#format = format;
  }

  /** A new message in its published form. */
  message({
    id = String(++this.#count),
    later = {},
    omit,
    ...changes
  }: Changes = {}): ForwardedMessage {
    const now = Date.now();
    const { message } = notificationsIn(this.#format)({
      ...NUMBERS,
      message_id: `${this.prefix}${id}`,
      ...(omit !== 'service_id' && { service_id: '4711' }),
      body: 'Test of inbound-sms conform',
      ...(omit !== 'timestamp' && { timestamp: Math.floor(now / 1_000) }),
      received_at: now,
      extra: {},
      ...{ fingerprint: '', requests: 1, publish_attempts: 1 },
      ...changes,
    });
    const isChanged = Object.keys(later).length > 0;
    const json = isChanged ? JSON.stringify({ ...JSON.parse(message), ...later }) : message;
    const forwarded = readForwarded(json, {});
    if (!forwarded) throw new Error('The forwarder does not read a test message');
    return forwarded;
  }

  /** An attempt to deliver it, signed as the forwarder signs. */
  request(message: ForwardedMessage, attempt: Attempt = {}): Post {
    const { offsetMs = 0, secret = this.secret, replay } = attempt;
    const to = { name: 'conform', kind: 'https', url: this.#url, secret: '' } as const;
    const sent = { ...message, ...(replay !== undefined && { replay }) };
    const request = toHttps(sent, to, secret, Date.now() + offsetMs);
    if (request.kind !== 'post') throw new Error('A subscriber of the kind https gets a POST');
    return request;
  }
}
