import { abortable } from '../lib/operations/abortable.ts';
import type { Stack } from './stack.ts';

/** A message that is not published yet has this attribute: see lib/message-item.ts. */
const IS_PUBLISHED = 'attribute_not_exists(pending_shard)';
const EXISTS = 'attribute_exists(message_id)';

/** `left`: it is not published yet, or was gone already. */
export type Erasure = 'erased' | 'left';

/**
 * Deletes messages by their ids, each with a call of its own: what is counted was there, and is gone.
 *
 * @param isPendingToo Also those that no subscriber has got yet.
 */
export async function messageEraser(
  { clients, tableName }: Pick<Stack, 'clients' | 'tableName'>,
  { isPendingToo }: { readonly isPendingToo: boolean },
): Promise<(messageId: string, signal?: AbortSignal) => Promise<Erasure>> {
  const client = await clients.dynamodb();
  const { ConditionalCheckFailedException, DeleteItemCommand } = await import(
    '@aws-sdk/client-dynamodb'
  );
  const ConditionExpression = isPendingToo ? EXISTS : `${EXISTS} AND ${IS_PUBLISHED}`;
  return async (messageId, signal) => {
    const command = new DeleteItemCommand({
      TableName: tableName,
      Key: { message_id: { S: messageId } },
      ConditionExpression,
    });
    try {
      await abortable(signal, (abort) => client.send(command, abort));
      return 'erased';
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return 'left';
      throw error;
    }
  };
}
