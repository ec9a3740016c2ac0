import { abortable } from '../archive/abortable.ts';
import type { Stack } from './stack.ts';

/** A message that is not published yet has this attribute: see lib/aws/message-item.ts. */
const IS_PUBLISHED = 'attribute_not_exists(pending_shard)';
const EXISTS = 'attribute_exists(message_id)';

/** `erased`: it is no longer stored. `left`: it still is, because it was not published yet. */
export type Erasure = 'erased' | 'left';

/**
 * Deletes messages by their ids, each with a call of its own.
 *
 * @param isPendingToo Also those that no subscriber has got yet.
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
      await abortable(signal, (abort) => client.send(command, abort));
      return 'erased';
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // The SDK repeats a call whose answer was lost. The first may have deleted the message.
      return (await archive.find(messageId, signal && { signal })) ? 'left' : 'erased';
    }
  };
}
