import type { Chaos, Counters } from '../../tools/console/lab-protocol.ts';
import type { MessageSummary, ReplayRun } from '../../tools/console/protocol.ts';
import { RequestFault } from '../../tools/console/server/responses.ts';
import type {
  ConsoleEvent,
  ConsoleLab,
  ConsoleSource,
  EventListener,
} from '../../tools/console/server/source.ts';
import { NO_COUNTERS } from '../fixtures/counters.ts';
import { someRecord } from '../fixtures/messages.ts';

/** The chaos settings that the API accepts. */
export const CHAOS = {
  snsDown: true,
  dynamodbDelayMs: 10_000,
  dropPutAnswer: false,
  killBeforePublish: true,
};
export const SMS = { from: 'A shop', sms_number: '+61400000002', body: 'Hello' };

/** A message in a list. Tests change the fields that they are about. */
export function someSummary(changes: Partial<MessageSummary> = {}): MessageSummary {
  return {
    message_id: 'message-1',
    from: '+61400000001',
    sms_number: '+61400000002',
    body: 'Hello',
    received_at: 1_000,
    requests: 1,
    publish_attempts: 1,
    state: 'stored',
    conflicts: 0,
    ...changes,
  };
}

/** A console's source that records its calls. The test makes its events. */
export class FakeConsoleSource implements ConsoleSource {
  readonly info = {
    session: 'session-1',
    name: 'a-stack',
    region: 'nowhere',
    isLocal: true,
    messageFormat: 'inbound-sms',
    country: 'AU',
    selector: '--local',
    canReplay: true,
    activityMs: 3_600_000,
    subscribers: [],
  };
  readonly setup = { tableName: 'a-table', settings: {}, subscribers: [] };
  readonly asked: unknown[] = [];
  readonly listeners = new Set<EventListener>();
  readonly signals: AbortSignal[] = [];
  /** The error of every call. */
  failure: Error | undefined;
  /** Every call waits until this is resolved. */
  gate: Promise<void> = Promise.resolve();
  readonly lab: ConsoleLab = new FakeLab(this.asked);

  list(query: unknown, signal: AbortSignal) {
    return this.#answer(['list', query], signal, { messages: [someSummary()], next: 'next' });
  }

  async *export(query: unknown) {
    this.asked.push(['export', query]);
    if (this.failure) throw this.failure;
    yield someRecord();
  }

  async detail(messageId: string, signal: AbortSignal) {
    const summary = someSummary({ message_id: messageId });
    const notification = { message: '{}', subject: 'S', attributes: {} };
    const found = { summary, record: {}, notification, timeline: [], hasCalls: false };
    return this.#answer(['detail', messageId], signal, messageId === 'none' ? undefined : found);
  }

  attempts(signal: AbortSignal) {
    const known = { since: 0, attempts: [{ at: 1, ms: 2, status: 200 }] };
    return this.#answer(['attempts'], signal, known);
  }

  refused(query: unknown, signal: AbortSignal) {
    return this.#answer(['refused', query], signal, { requests: [] });
  }

  async refusedDetail(id: string, signal: AbortSignal) {
    return this.#answer(['refusedDetail', id], signal, undefined);
  }

  replay(request: unknown, signal: AbortSignal) {
    const result = { replay: 'replay-1', published: 1, pending: 0, refused: 0 };
    return this.#answer(['replay', request], signal, result);
  }

  replays(): readonly ReplayRun[] {
    return [];
  }

  /** The same source for a deployed stack. */
  readOnly(): ConsoleSource {
    return {
      info: { ...this.info, isLocal: false, canReplay: false },
      setup: this.setup,
      list: (query, signal) => this.list(query, signal),
      export: (query) => this.export(query),
      detail: (messageId, signal) => this.detail(messageId, signal),
      attempts: (signal) => this.attempts(signal),
      refused: (query, signal) => this.refused(query, signal),
      refusedDetail: (id, signal) => this.refusedDetail(id, signal),
      replays: () => this.replays(),
      watch: (listener) => this.watch(listener),
    };
  }

  watch(listener: EventListener): Disposable {
    this.listeners.add(listener);
    return { [Symbol.dispose]: () => void this.listeners.delete(listener) };
  }

  emit(...event: ConsoleEvent): void {
    for (const listener of this.listeners) listener(...event);
  }

  async #answer<T>(question: unknown, signal: AbortSignal, answer: T): Promise<T> {
    this.asked.push(question);
    this.signals.push(signal);
    await this.gate;
    if (this.failure) throw this.failure;
    return answer;
  }
}

class FakeLab implements ConsoleLab {
  readonly #asked: unknown[];
  #chaos: Chaos = {
    snsDown: false,
    dynamodbDelayMs: 0,
    dropPutAnswer: false,
    killBeforePublish: false,
  };

  constructor(asked: unknown[]) {
    this.#asked = asked;
  }

  send(request: unknown) {
    this.#asked.push(['send', request]);
    return [];
  }
  deliveries() {
    return [];
  }
  outbox() {
    return [];
  }
  chaos() {
    return this.#chaos;
  }
  setChaos(chaos: Chaos) {
    this.#chaos = chaos;
  }
  async sweep() {
    this.#asked.push(['sweep']);
  }
  async clear() {
    this.#asked.push(['clear']);
    return { messages: 2, refused: 1 };
  }
  async counters(): Promise<Counters> {
    return { ...NO_COUNTERS, sent: 1, accepted: 1, stored: 1, published: 1, delivered: 1 };
  }
  subscriber() {
    return [];
  }
  async filter({ policy }: { readonly policy: string }) {
    if (policy === 'refused') throw new RequestFault('SNS refuses it.');
    return { matching: ['message-1'], others: [] };
  }
  async subscribers() {
    return [];
  }
  emails() {
    return [];
  }
}
