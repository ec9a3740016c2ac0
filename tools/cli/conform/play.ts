import { type ContractPromise, PROMISES } from './promises.ts';
import type { Exchange, Receiver } from './receiver.ts';

/** The result of a promise. */
export interface Verdict {
  readonly promise: ContractPromise;
  /** `null` if it was not tried: a basic promise is broken, or the receiver has stopped answering. */
  readonly isKept: boolean | null;
  readonly exchanges: readonly Exchange[];
}

/** Tries the promises in order. */
export async function* play(receiver: Receiver, promises = PROMISES): AsyncGenerator<Verdict> {
  let isPointless = false;
  for (const promise of promises) {
    if (isPointless) {
      yield { promise, isKept: null, exchanges: [] };
      continue;
    }
    const before = receiver.exchanges.length;
    await promise.play(receiver);
    const exchanges = receiver.exchanges.slice(before);
    const isKept = exchanges.every(({ isRight }) => isRight);
    isPointless = !isKept && (promise.isBasic === true || isSilent(exchanges));
    yield { promise, isKept, exchanges };
  }
}

/** Whether nothing answers any more, or only that there are too many requests. */
export function isSilent(exchanges: readonly Exchange[]): boolean {
  const last = exchanges.at(-1)?.came ?? '';
  return /^(connection refused|host not found|host unreachable|429)$/.test(last);
}

/** The ids that the receiver's database must have afterwards, which its answers do not show. */
export function idsToCompare(exchanges: readonly Exchange[]): {
  /** Accepted: each must be there once. */
  readonly once: readonly string[];
  /** Only forged or stale: none may be there. */
  readonly never: readonly string[];
} {
  const sent = new Set<string>();
  const accepted = new Set<string>();
  for (const { message_id, expected, came } of exchanges) {
    if (message_id && expected === 'refused') sent.add(message_id);
    else if (/^2\d\d$/.test(came)) accepted.add(message_id);
  }
  return { once: [...accepted], never: [...sent].filter((id) => !accepted.has(id)) };
}
