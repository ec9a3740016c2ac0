import type { Server } from 'node:http';
import { join } from 'node:path';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { clientOf, type Emulator } from './aws.ts';
import { hangUp, LOOPBACK_NAME, listen } from './listen.ts';
import type { Template } from './template.ts';

/** The properties that dynalite supports. It has no TTL, backups, encryption or tags. */
const TABLE_PROPERTIES = [
  'AttributeDefinitions',
  'KeySchema',
  'GlobalSecondaryIndexes',
  'LocalSecondaryIndexes',
  'BillingMode',
  'ProvisionedThroughput',
];

/**
 * Starts dynalite, empty in memory or, with `dataDir`, with the data of the last start.
 *
 * @param onDeleted Called for each message that a client deletes.
 */
export async function startDynamodb(
  port: number,
  dataDir?: string,
  onDeleted: (messageId: string) => void = () => {},
): Promise<Emulator> {
  const server = dynalite({
    createTableMs: 0,
    ...(dataDir && { path: join(dataDir, 'dynamodb') }),
  });
  surviveAbortedRequests(server);
  watchDeletions(server, onDeleted);
  const close = () => closeServer(server);
  await using failed = new AsyncDisposableStack();
  failed.defer(close);
  const ownPort = await listen(server, port);
  failed.move();
  return {
    endpoint: `http://${LOOPBACK_NAME}:${ownPort}`,
    stop: () => hangUp(server),
    start: async () => void (await listen(server, ownPort)),
    [Symbol.asyncDispose]: close,
  };
}

/** Stops dynalite and closes its database. Its folder may be removed then. */
async function closeServer(server: Server): Promise<void> {
  // dynalite closes its database only if its server was listening.
  if (!server.listening) await listen(server);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.close((error) => (error ? reject(error) : resolve()));
  server.closeAllConnections();
  await promise;
}

/** Without this, dynalite throws and ends the process when a client disconnects while it sends a request. */
function surviveAbortedRequests(server: Server): void {
  server.on('request', (request) => {
    request.removeAllListeners('error');
    request.on('error', () => {});
  });
}

/** Creates the template's tables. An existing table stays as it is. */
export async function createTables(template: Template, endpoint: string): Promise<void> {
  const dynamodb = new DynamoDBClient(clientOf(endpoint));
  try {
    for (const table of template.resourcesOf('AWS::DynamoDB::Table')) {
      const input = Object.fromEntries(TABLE_PROPERTIES.map((name) => [name, table.get(name)]));
      await createTable(dynamodb, { ...input, TableName: template.ref(table.logicalId) });
    }
  } finally {
    dynamodb.destroy();
  }
}

async function createTable(
  dynamodb: DynamoDBClient,
  input: Partial<CreateTableCommandInput>,
): Promise<void> {
  try {
    await dynamodb.send(new CreateTableCommand(input as CreateTableCommandInput));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
}

type Key = { readonly message_id?: { readonly S?: string } };

/** The relevant parts of DynamoDB's two requests that delete items. */
interface DeletingRequest {
  readonly Key?: Key;
  readonly RequestItems?: Readonly<
    Record<string, readonly { readonly DeleteRequest?: { readonly Key?: Key } }[]>
  >;
}

const DELETES = /\.(DeleteItem|BatchWriteItem)$/;

/**
 * Reports each message that a client deletes from the emulated DynamoDB, after the deletion. Does not
 * report a deletion that DynamoDB refuses.
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
