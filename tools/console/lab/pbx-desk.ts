import { randomUUID } from 'node:crypto';
import {
  FICTITIOUS,
  formRequest,
  type PbxRequest,
  pbxFields,
} from '../../pbx-simulator/request.ts';
import { type PbxAttempt, RETRY_DELAY_MS, sendAsPbx } from '../../pbx-simulator/simulator.ts';
import {
  type FallbackEmail,
  LAB_KEEPS,
  type PbxDelivery,
  type PbxDeliveryAttempt,
  type SendRequest,
} from '../lab-protocol.ts';
import { keptId } from './attempt-of.ts';
import { RecentMap } from './recent-map.ts';

/** Posts that run at once. */
const MAX_AT_ONCE = 10;
/** If more messages are sent, only the end of each delivery is reported. */
const MAX_TOLD_IN_FULL = 100;

interface PbxDeskOptions {
  /** The field Web Hook URL of the PBX. */
  readonly webhookUrl: string;
  /** The headers that the edge between the PBX and the webhook adds. */
  readonly edgeHeaders?: Readonly<Record<string, string>>;
  readonly onDelivery: (delivery: PbxDelivery) => void;
  readonly onEmail: (email: FallbackEmail) => void;
  /** How many of the latest are kept. */
  readonly kept?: Readonly<Record<'deliveries' | 'emails', number>>;
}

interface Job {
  readonly fields: Readonly<Record<string, string>>;
  readonly retryDelayMs: number;
  readonly isToldInFull: boolean;
  delivery: PbxDelivery;
}

/** The simulated PBX. Sends messages, and keeps the results. */
export class PbxDesk implements AsyncDisposable {
  readonly #options: PbxDeskOptions;
  readonly #deliveries: RecentMap<string, PbxDelivery>;
  readonly #emails: RecentMap<FallbackEmail, FallbackEmail>;
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: PbxDeskOptions) {
    const { deliveries, emails } = options.kept ?? LAB_KEEPS;
    this.#options = options;
    this.#deliveries = new RecentMap(deliveries);
    this.#emails = new RecentMap(emails);
  }

  /** Starts to send, and does not wait. */
  send(request: SendRequest): readonly PbxDelivery[] {
    const { copies = 1, count = 1 } = request;
    const messages = Array.from({ length: count }, () => this.#jobsOf(request, copies));
    const waiting = messages.values();
    const lanes = Math.min(count, Math.max(1, Math.floor(MAX_AT_ONCE / copies)));
    for (let lane = 0; lane < lanes; lane++) this.#track(this.#deliverEach(waiting));
    return messages.flat().map(({ delivery }) => delivery);
  }

  /** The latest first. */
  deliveries(): PbxDelivery[] {
    return this.#deliveries.latest();
  }

  /** The latest first. */
  outbox(): FallbackEmail[] {
    return this.#emails.latest();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#underWay);
  }

  /** Sends one message in several identical requests. */
  #jobsOf(request: SendRequest, copies: number): Job[] {
    const { webhookUrl } = this.#options;
    const { from = FICTITIOUS.from, sms_number = FICTITIOUS.sms_number, body } = request;
    const { count = 1, retryDelayMs = RETRY_DELAY_MS } = request;
    const message_id = request.message_id || randomUUID();
    const fields = pbxFields(webhookUrl, { from, sms_number, body, message_id });
    return Array.from({ length: copies }, () => {
      const delivery: PbxDelivery = {
        id: randomUUID(),
        message_id: keptId(message_id) ?? message_id,
        from,
        sms_number,
        body,
        request: httpText(webhookUrl, formRequest(fields)),
        started_at: Date.now(),
        attempts: [],
        state: 'under way',
      };
      this.#deliveries.set(delivery.id, delivery);
      const isToldInFull = copies * count <= MAX_TOLD_IN_FULL;
      return { fields, retryDelayMs, isToldInFull, delivery };
    });
  }

  async #deliverEach(messages: Iterable<readonly Job[]>): Promise<void> {
    for (const copies of messages) {
      if (this.#stopping.signal.aborted) return;
      await Promise.all(copies.map((job) => this.#deliver(job)));
    }
  }

  async #deliver(job: Job): Promise<void> {
    const { fields, retryDelayMs, isToldInFull } = job;
    this.#update(job, { started_at: Date.now() }, isToldInFull);
    const { emailed } = await sendAsPbx({
      url: this.#options.webhookUrl,
      fields,
      retry: { delayMs: retryDelayMs },
      signal: this.#stopping.signal,
      headers: this.#options.edgeHeaders,
      onAttempt: (attempt) => {
        const attempts = [...job.delivery.attempts, deliveryAttempt(attempt)];
        this.#update(job, { attempts }, isToldInFull);
      },
    });
    this.#update(job, { state: emailed ? 'e-mailed' : 'delivered' }, true);
    if (!emailed) return;
    const email = fallbackEmail(job);
    this.#emails.set(email, email);
    this.#options.onEmail(email);
  }

  #update(job: Job, change: Partial<PbxDelivery>, isTold: boolean): void {
    job.delivery = { ...job.delivery, ...change };
    if (this.#deliveries.has(job.delivery.id)) this.#deliveries.set(job.delivery.id, job.delivery);
    if (isTold) this.#options.onDelivery(job.delivery);
  }

  /** It fails only if the desk is stopped. */
  #track(work: Promise<void>): void {
    const settled = work.catch(() => {}).finally(() => this.#underWay.delete(settled));
    this.#underWay.add(settled);
  }
}

function deliveryAttempt(attempt: PbxAttempt): PbxDeliveryAttempt {
  const times = { at: Date.now(), ms: attempt.ms };
  return 'status' in attempt
    ? { ...times, status: attempt.status, answer: attempt.body }
    : { ...times, answer: attempt.error };
}

/** The raw HTTP/1.1 request, without the headers that every client adds. */
function httpText(url: string, { method, headers, body }: PbxRequest): string {
  const { host, pathname, search } = new URL(url);
  const capitalised = (name: string) =>
    name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
  const lines = [
    `${method} ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    ...Object.entries(headers).map(([name, value]) => `${capitalised(name)}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body ?? '')}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}

function fallbackEmail({ fields, delivery }: Job): FallbackEmail {
  const { message_id, from, sms_number, body, attempts } = delivery;
  const last = attempts.at(-1);
  return {
    at: Date.now(),
    to: fields.webhook_url_fallback ?? '',
    subject: `SMS from ${from} to ${sms_number}`,
    text: [
      `The web hook did not take this message in ${attempts.length} attempts.`,
      `The last answer was ${last?.status ?? last?.answer ?? 'none'}.`,
      '',
      `From: ${from}`,
      `To: ${sms_number}`,
      `Message id: ${message_id}`,
      '',
      body,
    ].join('\n'),
    message_id,
  };
}
