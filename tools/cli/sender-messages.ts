import { send } from '../archive/abortable.ts';
import type { Output } from './output.ts';
import type { Stack } from './stack.ts';

/** Messages with one form of a number. Times are epoch ms. */
interface SpellingMessages {
  readonly messages: number;
  readonly first_received_at: number;
  readonly last_received_at: number;
}

/** The stored messages of a sender. Memory grows only with these messages. */
export type SenderMessages = Awaited<ReturnType<typeof findOfSenders>>;

/**
 * Finds the messages in all forms of a number. It reads the whole index, because the stored forms are not known.
 *
 * @param senders Numbers in any form, or names.
 */
export async function findOfSenders(stack: Stack, output: Output, senders: readonly string[]) {
  const archive = await stack.archive();
  const { phoneNumbersOf } = await import('../shared/phone-number.ts');
  const likenessOf = phoneNumbersOf(stack.country).strictMatcher(senders);
  using progress = output.progress('Looking for messages');
  const ids: string[] = [];
  // By the stored form of the sender.
  const spellings = new Map<string, SpellingMessages>();
  // Messages that may be another sender's. `ids` does not have them.
  const doubtful = new Map<string, SpellingMessages>();
  let read = 0;
  const keys = archive.listKeys({ order: 'oldest-first' }, { signal: output.signal });
  for await (const key of keys) {
    progress.update(undefined, `${ids.length} of ${++read}`);
    const { from, message_id, received_at } = key;
    const likeness = likenessOf(from);
    if (likeness === 'other') continue;
    if (likeness === 'same') ids.push(message_id);
    const counts = likeness === 'same' ? spellings : doubtful;
    const known = counts.get(from);
    counts.set(from, {
      messages: (known?.messages ?? 0) + 1,
      first_received_at: known?.first_received_at ?? received_at,
      last_received_at: received_at,
    });
  }
  const isSame = (from: string) => likenessOf(from) === 'same';
  return { ids, spellings, doubtful, isSame };
}

/** Only unpublished messages have this attribute: see lib/aws/message-item.ts. */
const IS_PUBLISHED = 'attribute_not_exists(pending_shard)';
const EXISTS = 'attribute_exists(message_id)';

/** `erased`: it is no longer stored. `left`: it is still stored, because it was not published yet. */
export type Erasure = 'erased' | 'left';

/**
 * Deletes messages by their ids, with one call for each.
 *
 * @param isPendingToo Also messages that are not published yet.
 */
export async function messageEraser(
  stack: Pick<Stack, 'archive' | 'clients' | 'tableName'>,
  { isPendingToo }: { readonly isPendingToo: boolean },
): Promise<(messageId: string, signal?: AbortSignal) => Promise<Erasure>> {
  const [client, archive] = await Promise.all([stack.clients.dynamodb(), stack.archive()]);
  const { ConditionalCheckFailedException, DeleteItemCommand } = await import(
    '@aws-sdk/client-dynamodb'
  );
  const ConditionExpression = isPendingToo ? EXISTS : `${EXISTS} AND ${IS_PUBLISHED}`;
  return async (messageId, signal) => {
    const command = new DeleteItemCommand({
      TableName: stack.tableName,
      Key: { message_id: { S: messageId } },
      ConditionExpression,
    });
    try {
      await send(client, command, signal);
      return 'erased';
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // The SDK repeats a call whose answer was lost, so the first call may have deleted the message.
      return (await archive.find(messageId, signal && { signal })) ? 'left' : 'erased';
    }
  };
}
