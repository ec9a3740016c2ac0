import type { MessageStore, MessageTopic } from '../../lib/ports.ts';

export type CallFault =
  | 'none'
  /** An error, and it was not applied. */
  | 'error'
  /** Applied, but the answer is lost: the caller sees an error. */
  | 'lost answer'
  /** Applied, the answer lost, and sent again by the SDK. */
  | 'sent again'
  /** The caller sees an error, and it is applied later. */
  | 'late'
  /** The invocation dies before the call is applied. */
  | 'crash before'
  /** The invocation dies after the call was applied. */
  | 'crash after';

/** One AWS call that waits for the schedule to let it happen. */
export interface WaitingCall {
  readonly invocation: Invocation;
  readonly operation: keyof MessageStore | keyof MessageTopic;
  /** The messages it is about. */
  readonly ids: readonly string[];
  readonly apply: () => Promise<unknown>;
  readonly answer: (result: unknown) => void;
  readonly fail: (error: Error) => void;
}

export interface Invocation {
  readonly name: string;
  crashed: boolean;
  /** Claims it took that are not given up: message id to the claim's end. */
  readonly claims: Map<string, number>;
}
