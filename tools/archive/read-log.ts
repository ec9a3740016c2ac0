import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { send } from './abortable.ts';

/** A log line of a function. */
export interface LogLine {
  /** Unique. */
  readonly id: string;
  /** Epoch ms */
  readonly time: number;
  readonly text: string;
}

export interface LogSearch {
  readonly group: string;
  /** Epoch ms */
  readonly since: number;
  /** Default: no end. */
  readonly until?: number | undefined;
  /** The caller must check the lines, too, because not every emulator supports each pattern. */
  readonly pattern?: string;
}

/** Reads the lines of a log group, roughly in order of time. */
export async function* readLog(
  client: CloudWatchLogsClient,
  { group, since, until, pattern }: LogSearch,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const { FilterLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  let nextToken: string | undefined;
  do {
    const command = new FilterLogEventsCommand({
      logGroupName: group,
      startTime: Math.max(0, since),
      endTime: until,
      filterPattern: pattern,
      nextToken,
    });
    const page = await send(client, command, signal);
    for (const { eventId, timestamp = 0, message = '' } of page.events ?? []) {
      yield { id: eventId ?? `${timestamp} ${message}`, time: timestamp, text: message };
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}
