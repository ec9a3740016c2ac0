import { createHash } from 'node:crypto';
import type { AwsCall, Fault } from '../local/fault-proxy.ts';
import type { Ledger } from './reconcile.ts';

/** After 1.5 s, the SDK gives up on a call and repeats it. So a slow answer is a lost one. */
const SLOW_MS = 1_400;

/** The SDK retries all of these except `denied`. */
const COMMON = [
  ...(['drop-answer', 'reset', 'error-before'] as const),
  ...(['throttle', 'error-after', 'denied'] as const),
];
/** A hang costs 1.5 s. A kill ends every process and its work. */
const RARE = ['hang', 'kill-before', 'kill-after'] as const;
const RARE_SHARE = 0.1;
type Kind = (typeof COMMON)[number] | (typeof RARE)[number];

/**
 * Makes calls fail at random. Records each fault with the messages that may be published again because of
 * it.
 */
export function randomFaults(options: {
  readonly seed: string;
  /** Faults per call, 0 to 1. */
  readonly rate: number;
  readonly ledger: Ledger;
  readonly kill: () => Promise<void>;
}) {
  const { seed, rate, ledger } = options;
  const seen = new Map<string, number>();

  return (call: AwsCall): Fault | undefined | Promise<Fault> => {
    const step = stepOf(call);
    const ids = idsOf(call);
    const name = `${step}/${ids[0] ?? call.nth}`;
    const nth = seen.get(name) ?? 0;
    seen.set(name, nth + 1);
    if (chance(seed, name, nth) >= rate) return watchTime(call);

    const kind = pick(seed, name, nth);
    if (kind.startsWith('kill')) {
      // The sweeper's processes survive a kill, so only calls of the webhook stand for its end.
      if (ids.length !== 1) return undefined;
      const crash = () => crashed(kind, ids);
      return kind === 'kill-after' ? { kind: 'after', run: crash } : crash().then(() => RESET);
    }
    ledger.fault(kind, explains(call, kind === 'drop-answer' || kind === 'error-after'));
    return faultOf(kind, call);
  };

  async function crashed(kind: Kind, ids: readonly string[]): Promise<void> {
    const before = ledger.inFlight;
    await options.kill();
    ledger.fault(kind, [...ids, ...before, ...ledger.inFlight]);
  }

  function watchTime(call: AwsCall): Fault | undefined {
    if (!call.operation.startsWith('Publish')) return undefined;
    const run = () => {
      if (Date.now() - call.at > SLOW_MS) ledger.fault('slow', explains(call, true));
    };
    return { kind: 'after', run };
  }
}

const RESET: Fault = { kind: 'reset' };

function pick(...words: unknown[]): Kind {
  const kinds = chance(...words, 'rare') < RARE_SHARE ? RARE : COMMON;
  return kinds[Math.floor(chance(...words, 'kind') * kinds.length)] ?? 'reset';
}

/** The fault in the service's own form. */
function faultOf(kind: Kind, { service }: AwsCall): Fault {
  const isSns = service === 'sns';
  const error = { code: isSns ? 'InternalError' : 'InternalServerError', status: 500 };
  if (kind === 'error-before' || kind === 'error-after') return { kind, ...error };
  const denied = isSns ? 'AuthorizationError' : 'AccessDeniedException';
  const throttled = isSns ? 'Throttling' : 'ProvisionedThroughputExceededException';
  if (kind === 'denied') return { kind: 'error-before', code: denied };
  if (kind === 'throttle') return { kind: 'error-before', code: throttled };
  return kind === 'drop-answer' || kind === 'hang' ? { kind } : RESET;
}

type Called = Pick<AwsCall, 'operation' | 'body'>;

/** The step of a call. An UpdateItem may be one of three. */
export function stepOf({ operation, body }: Called): string {
  if (operation !== 'UpdateItem') return operation;
  const update = String(body.UpdateExpression);
  if (update.includes('published_at')) return 'mark';
  return update.startsWith('REMOVE') ? 'release' : 'claim';
}

/** The messages of a call. */
export function idsOf({ operation, body }: Called): string[] {
  if (operation.startsWith('Publish')) {
    const messages = Object.entries(body).filter(([name]) => /(^|\.)Message$/.test(name));
    return messages.map(([, json]) => JSON.parse(String(json)).message_id);
  }
  const key = (body.Key ?? body.Item) as { message_id?: { S?: string } } | undefined;
  return key?.message_id?.S ? [key.message_id.S] : [];
}

/** The messages that may be published again because this call failed before or after it was done. */
export function explains(call: Called, isDone: boolean): string[] {
  const step = stepOf(call);
  return step.startsWith('Publish') === isDone && (isDone || step === 'mark') ? idsOf(call) : [];
}

/** A number from 0 to 1 that depends only on these words, so a message has the same luck in every run. */
export function chance(...words: unknown[]): number {
  return createHash('sha256').update(words.join('/')).digest().readUInt32BE() / 2 ** 32;
}
