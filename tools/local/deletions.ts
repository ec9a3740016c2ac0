import type { Server } from 'node:http';

type Key = { readonly message_id?: { readonly S?: string } };

/** The parts of DynamoDB's two requests that delete items. */
interface DeletingRequest {
  readonly Key?: Key;
  readonly RequestItems?: Readonly<
    Record<string, readonly { readonly DeleteRequest?: { readonly Key?: Key } }[]>
  >;
}

const DELETES = /\.(DeleteItem|BatchWriteItem)$/;

/**
 * Tells of each message that a client deletes from the emulated DynamoDB, once that is done. A deletion
 * that DynamoDB refuses is not told.
 */
export function watchDeletions(server: Server, onDeleted: (messageId: string) => void): void {
  server.on('request', (request, response) => {
    if (!DELETES.test(String(request.headers['x-amz-target']))) return;
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    response.once('finish', () => {
      if (response.statusCode !== 200) return;
      for (const id of idsIn(Buffer.concat(chunks))) onDeleted(id);
    });
  });
}

function idsIn(body: Buffer): string[] {
  const { Key, RequestItems = {} }: DeletingRequest = JSON.parse(String(body));
  const inBatches = Object.values(RequestItems)
    .flat()
    .map(({ DeleteRequest }) => DeleteRequest?.Key);
  return [Key, ...inBatches].flatMap((key) => key?.message_id?.S ?? []);
}
