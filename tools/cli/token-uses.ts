import type { MessageArchive } from '../archive/message-archive.ts';
import { inBatches } from '../archive/pacing.ts';
import { readLog } from '../archive/read-log.ts';
import { FICTITIOUS } from '../pbx-simulator/request.ts';
import type { Stack } from './stack.ts';

/** The prefix of the ids of `doctor`'s test messages, which are not uses by the PBX. */
export const CANARY_ID = 'doctor-';

/** Some emulators ignore the pattern. */
const PATTERN = '{ ($.token_fingerprint = "*") && ($.outcome != "method-not-allowed") }';

/** Messages that are read with one call. */
const BATCH = 100;

/** A POST with one of the tokens. */
export interface TokenUse {
  readonly fingerprint: string;
  /** Epoch ms */
  readonly at: number;
  /** Nothing if the form had none. */
  readonly message_id: string | undefined;
}

/**
 * The uses of tokens in the log of the webhook, roughly in order of time. Opening the URL in a browser does not count,
 * nor does a message of `doctor`.
 *
 * @param since Epoch ms
 */
export async function* readTokenUses(
  stack: Pick<Stack, 'clients' | 'logGroup'>,
  since: number,
  signal: AbortSignal,
): AsyncGenerator<TokenUse> {
  const client = await stack.clients.logs();
  const group = await stack.logGroup();
  for await (const { time, text } of readLog(client, { group, since, pattern: PATTERN }, signal)) {
    const { token_fingerprint, outcome, message_id } = fieldsOf(text);
    if (typeof token_fingerprint !== 'string' || outcome === 'method-not-allowed') continue;
    const id = typeof message_id === 'string' ? message_id : undefined;
    if (id?.startsWith(CANARY_ID)) continue;
    yield { fingerprint: token_fingerprint, at: time, message_id: id };
  }
}

/** When each token was last used (epoch ms), by its fingerprint. */
export async function lastUses(
  uses: AsyncIterable<TokenUse>,
): Promise<ReadonlyMap<string, number>> {
  const last = new Map<string, number>();
  for await (const { fingerprint, at } of uses) keepLater(last, fingerprint, at);
  return last;
}

/**
 * When a token was last used for each number (epoch ms), by its fingerprint. If the message is not stored, the number is
 * `undefined`.
 */
export type NumberUses = ReadonlyMap<string, ReadonlyMap<string | undefined, number>>;

/**
 * Finds the number of every use. It keeps only one use for each token and number.
 *
 * @param fingerprints Tokens whose uses count.
 */
export async function lastUsesByNumber(
  uses: AsyncIterable<TokenUse>,
  fingerprints: readonly string[],
  archive: Pick<MessageArchive, 'findAll'>,
  signal: AbortSignal,
): Promise<NumberUses> {
  const last = new Map(fingerprints.map((each) => [each, new Map<string | undefined, number>()]));
  for await (const all of inBatches(uses, BATCH)) {
    const batch = all.filter(({ fingerprint }) => last.has(fingerprint));
    const ids = batch.flatMap(({ message_id }) => message_id ?? []);
    const messages = await archive.findAll(ids, { signal });
    const numbers = new Map(messages.map((each) => [each.message_id, each.sms_number]));
    for (const { fingerprint, at, message_id = '' } of batch) {
      keepLater(last.get(fingerprint), numbers.get(message_id), at);
    }
  }
  return last;
}

function keepLater<K>(last: Map<K, number> | undefined, key: K, at: number): void {
  last?.set(key, Math.max(at, last.get(key) ?? 0));
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return text.startsWith('{') ? JSON.parse(text) : {};
  } catch {
    return {};
  }
}

/** Why a token should be kept. */
export type ReasonToKeep =
  /** No stored message came with it or with a later token. */
  | { readonly kind: 'nothing-used' }
  /** No later token was used since for this number. `at`: epoch ms. */
  | { readonly kind: 'still-used'; readonly sms_number: string; readonly at: number }
  /** It was used for a message that is not stored, so the number may be any. `at`: the last time, epoch ms. */
  | { readonly kind: 'number-unknown'; readonly at: number };

/**
 * Why the PBX may still use a token. The portal has a URL for each number, so a later token that is used for one number
 * proves nothing for the others.
 *
 * @param fingerprint The token's.
 * @param later The fingerprints of the tokens after it.
 * @returns Empty if a later token has been used for each number since.
 */
export function reasonsToKeep(
  fingerprint: string,
  later: readonly string[],
  uses: NumberUses,
): readonly ReasonToKeep[] {
  const known = (fingerprints: readonly string[]) => {
    const last = new Map<string, number>();
    for (const [number, at] of fingerprints.flatMap((each) => [...(uses.get(each) ?? [])])) {
      // `send` uses the fictitious number.
      if (number !== undefined && number !== FICTITIOUS.sms_number) keepLater(last, number, at);
    }
    return last;
  };
  const [old, current] = [known([fingerprint]), known(later)];
  const unknown = uses.get(fingerprint)?.get(undefined);
  const stillUsed = [...old].flatMap(([sms_number, at]): ReasonToKeep[] =>
    (current.get(sms_number) ?? 0) > at ? [] : [{ kind: 'still-used', sms_number, at }],
  );
  if (unknown !== undefined) return [...stillUsed, { kind: 'number-unknown', at: unknown }];
  if (current.size === 0 && old.size === 0) return [{ kind: 'nothing-used' }];
  return stillUsed;
}
