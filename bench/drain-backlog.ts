import {
  BatchWriteItemCommand,
  type DynamoDBClient,
  ScanCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { toItem } from '../lib/message-item.ts';
import { fingerprint } from '../lib/sms-message.ts';

export interface Table {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
}

/** What one sweep logged of itself. */
export interface SweepLine {
  readonly SweepPublished: number;
  readonly Pending: number;
  readonly stopped: string;
  readonly duration_ms: number;
}

/** Stores `count` messages as a long outage leaves them: unclaimed, unpublished, old. */
export async function storeBacklog({ dynamodb, tableName }: Table, count: number): Promise<void> {
  for (let start = 0; start < count; start += 25) {
    const requests: WriteRequest[] = [];
    for (let n = start; n < Math.min(start + 25, count); n++) {
      const message = { from: '+61400000001', sms_number: '+61400000002', body: `Message ${n}` };
      const record = {
        ...{ ...message, message_id: `backlog-${n}`, extra: {} },
        ...{ fingerprint: fingerprint(message), received_at: 1_000 + n, attempts: 1 },
      };
      requests.push({ PutRequest: { Item: toItem(record) } });
    }
    await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }));
  }
}

/**
 * Runs sweeps, two at once, until nothing is pending.
 *
 * @param sweep Runs the function once.
 * @param lines Where the function's own lines arrive.
 */
export async function drainBacklog(
  sweep: () => Promise<unknown>,
  lines: readonly SweepLine[],
  onRound: (lines: readonly SweepLine[]) => void = () => {},
): Promise<void> {
  for (let pending = Number.POSITIVE_INFINITY; pending > 0; ) {
    const seen = lines.length;
    await Promise.all([sweep(), sweep()]);
    const round = lines.slice(seen);
    onRound(round);
    const left = Math.max(0, ...round.map(({ Pending }) => Pending));
    const published = round.reduce((sum, { SweepPublished }) => sum + SweepPublished, 0);
    if (left > 0 && published === 0) throw new Error(`Nothing was published; ${left} are pending`);
    pending = left;
  }
}

/** How many records are not published, and how many were claimed by more than one sweep. */
export async function checkBacklog({ dynamodb, tableName }: Table) {
  const result = { records: 0, unpublished: 0, claimedTwice: 0 };
  let ExclusiveStartKey: Record<string, never> | undefined;
  do {
    const page = await dynamodb.send(
      new ScanCommand({ TableName: tableName, ...(ExclusiveStartKey && { ExclusiveStartKey }) }),
    );
    for (const item of page.Items ?? []) {
      result.records++;
      if (!item.published_at) result.unpublished++;
      if (item.attempts?.N !== '2') result.claimedTwice++;
    }
    ExclusiveStartKey = page.LastEvaluatedKey as typeof ExclusiveStartKey;
  } while (ExclusiveStartKey);
  return result;
}
