import type { ArchivedMessage } from '../../archive/message-archive.ts';
import type {
  Chaos,
  Counters,
  FallbackEmail,
  FilterRequest,
  FilterResult,
  PbxDelivery,
  SendRequest,
  SubscriberEmail,
  SubscriberMessage,
  SubscriberStatus,
} from '../lab-protocol.ts';
import type {
  ConsoleEvents,
  KnownAttempts,
  MessageDetail,
  MessagePage,
  MessageQuery,
  ReplayRequest,
  ReplayResult,
  ReplayRun,
  StackInfo,
} from '../protocol.ts';
import type { RefusedDetail, RefusedPage, RefusedQuery } from '../request-protocol.ts';
import type { ClearResult, StackSetup } from '../stack-protocol.ts';

type Name = keyof ConsoleEvents;
export type ConsoleEvent = { [N in Name]: [name: N, data: ConsoleEvents[N]] }[Name];
export type EventListener = (...event: ConsoleEvent) => void;

/** The source of the console's facts: a deployed stack, or the local one, which knows more. */
export interface ConsoleSource {
  readonly info: StackInfo;
  readonly setup: StackSetup;
  list(query: MessageQuery, signal: AbortSignal): Promise<MessagePage>;
  /** All matching messages, the newest first. */
  export(
    query: Omit<MessageQuery, 'limit' | 'before'>,
    signal: AbortSignal,
  ): AsyncIterable<ArchivedMessage>;
  /** @returns Nothing if there is no such message. */
  detail(messageId: string, signal: AbortSignal): Promise<MessageDetail | undefined>;
  /** The attempts of the last `info.activityMs` at most. */
  attempts(signal: AbortSignal): Promise<KnownAttempts>;
  /** The requests that were refused, the newest first. */
  refused(query: RefusedQuery, signal: AbortSignal): Promise<RefusedPage>;
  /** @returns Nothing if there is no such request. */
  refusedDetail(id: string, signal: AbortSignal): Promise<RefusedDetail | undefined>;
  /** Reports events from now on, and `hello` when the page must load everything again. Without listeners it costs nothing. */
  watch(listener: EventListener): Disposable;
  /** The replays of this console, the latest first. */
  replays(): readonly ReplayRun[];
  /** Absent if replays are not allowed. */
  replay?(request: ReplayRequest, signal: AbortSignal): Promise<ReplayResult>;
  /** Only the local stack has one. */
  readonly lab?: ConsoleLab;
}

/** The actions of the local stack. */
export interface ConsoleLab {
  /** Starts to send, and does not wait. `delivery` events report the progress. */
  send(request: SendRequest): readonly PbxDelivery[];
  deliveries(): readonly PbxDelivery[];
  outbox(): readonly FallbackEmail[];
  chaos(): Chaos;
  setChaos(chaos: Chaos): void;
  /** Runs the sweeper now. */
  sweep(): Promise<void>;
  /** Deletes every message from the table. */
  clear(): Promise<ClearResult>;
  counters(): Promise<Counters>;
  subscriber(): readonly SubscriberMessage[];
  /** @throws {RequestFault} If SNS would refuse the policy. */
  filter(request: FilterRequest): Promise<FilterResult>;
  subscribers(): Promise<readonly SubscriberStatus[]>;
  emails(): readonly SubscriberEmail[];
}
