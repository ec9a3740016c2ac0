import { readLog } from '../archive/read-log.ts';
import { FICTITIOUS } from '../pbx-simulator/request.ts';
import type { Stack } from './stack.ts';

/** What the id of a test message of `doctor` begins with: it is no use by the PBX. */
export const CANARY_ID = 'doctor-';

/** Messages of a token whose numbers are looked up: the newest. */
const MAX_USES = 1_000;

/** Not every emulator knows the pattern. */
const PATTERN = '{ ($.token_fingerprint = "*") && ($.outcome != "method-not-allowed") }';

/** A POST with one of the tokens. */
export interface TokenUse {
  /** Epoch ms */
  readonly at: number;
  /** Nothing if the form had none. */
  readonly message_id: string | undefined;
}

/** By the fingerprint of the token, the oldest first: the newest 1,000 of each. */
export type TokenUses = ReadonlyMap<string, readonly TokenUse[]>;

/**
 * Which tokens were used, as the log of the webhook tells. Opening the URL in a browser is no use, nor is a message
 * of `doctor`.
 *
 * @param since Epoch ms
 */
export async function readTokenUses(
  stack: Pick<Stack, 'clients' | 'logGroup'>,
  since: number,
  signal: AbortSignal,
): Promise<TokenUses> {
  const client = await stack.clients.logs();
  const group = await stack.logGroup();
  const uses = new Map<string, TokenUse[]>();
  for await (const { time, text } of readLog(client, { group, since, pattern: PATTERN }, signal)) {
    const { token_fingerprint, outcome, message_id } = fieldsOf(text);
    if (typeof token_fingerprint !== 'string' || outcome === 'method-not-allowed') continue;
    const id = typeof message_id === 'string' ? message_id : undefined;
    if (id?.startsWith(CANARY_ID)) continue;
    const those = uses.get(token_fingerprint) ?? [];
    uses.set(token_fingerprint, those);
    those.push({ at: time, message_id: id });
    if (those.length > MAX_USES) those.shift();
  }
  for (const those of uses.values()) those.sort((one, other) => one.at - other.at);
  return uses;
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return text.startsWith('{') ? JSON.parse(text) : {};
  } catch {
    return {};
  }
}

/** Why a token should stay. */
export type ReasonToKeep =
  | { readonly kind: 'nothing-used' }
  /** `sms_number`: the number that the PBX posts with it; nothing if the messages do not tell. */
  | { readonly kind: 'still-used'; readonly sms_number: string | undefined; readonly at: number };

/**
 * Whether the PBX may still post with a token. The portal has a URL for each number, so a later token that is used for one
 * number says nothing of the others.
 *
 * @param fingerprint The token's.
 * @param later The fingerprints of those that came after it.
 * @param numberOf The number of each stored message, by its id.
 * @returns Nothing if a later token has been used for each number since.
 */
export function reasonsToKeep(
  fingerprint: string,
  later: readonly string[],
  uses: TokenUses,
  numberOf: ReadonlyMap<string, string>,
): readonly ReasonToKeep[] {
  const lastUses = (fingerprints: readonly string[]) => {
    const last = new Map<string | undefined, number>();
    for (const { at, message_id } of fingerprints.flatMap((each) => uses.get(each) ?? [])) {
      const number = message_id === undefined ? undefined : numberOf.get(message_id);
      // Of `send`.
      if (number === FICTITIOUS.sms_number) continue;
      last.set(number, Math.max(at, last.get(number) ?? 0));
    }
    return last;
  };
  const [old, current] = [lastUses([fingerprint]), lastUses(later)];
  if (current.size === 0 && old.size === 0) return [{ kind: 'nothing-used' }];
  const newest = Math.max(0, ...current.values());
  return [...old].flatMap(([sms_number, at]): ReasonToKeep[] => {
    const since = sms_number === undefined ? newest : (current.get(sms_number) ?? 0);
    return since > at ? [] : [{ kind: 'still-used', sms_number, at }];
  });
}

/** The numbers that these messages were sent to, as far as they are stored. */
export async function numbersOf(
  fingerprints: readonly string[],
  uses: TokenUses,
  stack: Pick<Stack, 'archive'>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const ids = fingerprints
    .flatMap((each) => uses.get(each) ?? [])
    .flatMap(({ message_id }) => message_id ?? []);
  const archive = await stack.archive();
  const messages = await archive.findAll(ids, { signal });
  return new Map(messages.map(({ message_id, sms_number }) => [message_id, sms_number]));
}
