import type { QuarantineEntry } from '../../lib/messages/quarantine.ts';
import type {
  AcceptanceDependencies,
  AcceptanceStore,
  acceptQuarantined,
} from '../../tools/archive/accept-quarantined.ts';
import type { DynamoDBAcceptanceStore } from '../../tools/archive/acceptance-store.ts';
import type { Settable } from '../../tools/archive/read-quarantined.ts';
import { LISTED, mended } from './pbx-requests.ts';
import { textOf } from './quarantine-watch.ts';

/** What an operator does with an entry, or sets besides what it needs to be a message at all. */
export type Wish =
  | 'discard'
  | 'nothing'
  /** Where an operator may set it: the request has none, or another message has it. */
  | 'message_id'
  | 'body';

/** The values that an operator sets: none to go on with what was begun. */
function valuesFor(
  entry: QuarantineEntry,
  wish: Wish,
  newId: string,
): Partial<Record<Settable, string>> {
  if (wish === 'nothing' && entry.acceptance) return {};
  const setsId =
    wish === 'message_id' && (entry.sent_message_id === undefined || entry.reason === 'conflict');
  return {
    ...(entry.reason === 'invalid' && entry.sms_number === undefined && { sms_number: LISTED }),
    ...(setsId && { message_id: newId }),
    ...(wish === 'body' && { body: mended(textOf(entry) ?? '') }),
  };
}

export interface OperatorParts extends AcceptanceDependencies {
  readonly acceptances: AcceptanceStore & Pick<DynamoDBAcceptanceStore, 'find' | 'discard'>;
  readonly accept: typeof acceptQuarantined;
}

/** A command line that decides what becomes of one entry. */
export function operator({ accept, ...dependencies }: OperatorParts) {
  const { acceptances, delivery } = dependencies;
  return async (quarantineId: string, wish: Wish): Promise<void> => {
    if (wish === 'discard') {
      await acceptances.discard(quarantineId, delivery.now());
      return;
    }
    const entry = await acceptances.find(quarantineId);
    if (!entry) return;
    const id = `chosen-by-${delivery.newOwner()}`;
    await accept(entry, valuesFor(entry, wish, id), dependencies);
  };
}
