import { PENDING_INDEX } from '../../lib/message-store.ts';
import { type Index, itemBytes, writeUnits } from './item-size.ts';
import type { ObservedMessage } from './observe.ts';
import {
  apiRequests,
  gbSeconds,
  keptBytes,
  keptIndexBytes,
  logEventBytes,
  publishes,
  totalUnits,
  type Usage,
} from './usage.ts';

/** What every handler costs alike. */
export interface Surroundings {
  /** Billed time of an invocation, ms. */
  readonly milliseconds: number;
  readonly memoryMb: number;
  readonly accessLogLine: string | undefined;
  readonly indexes: readonly Index[];
}

/** A handler that could stand in the webhook's place. */
export type Peer = 'ours' | 'floor' | 'powertools' | 'naive';

const REQUEST_ID = '8f507cfc-1f2a-4697-b07a-ac58fc914c95';

/** What Lambda logs of each invocation; the tabs are its own. */
const PLATFORM_LINES = [
  `START RequestId: ${REQUEST_ID} Version: $LATEST\n`,
  `END RequestId: ${REQUEST_ID}\n`,
  `REPORT RequestId: ${REQUEST_ID}\tDuration: 41.32 ms\tBilled Duration: 42 ms\tMemory Size: 512 MB\tMax Memory Used: 98 MB\t\n`,
];

/** What Powertools' logger and metrics wrote for one message: the logger's standard keys and the id. */
const POWERTOOLS_LINES = [
  `{"level":"INFO","message":"published","timestamp":"2026-11-24T12:34:56.789Z","service":"inbound-sms","cold_start":false,"function_arn":"arn:aws:lambda:ap-southeast-2:123456789012:function:inbound-sms-prod-receiveSms","function_memory_size":"512","function_name":"inbound-sms-prod-receiveSms","function_request_id":"${REQUEST_ID}","sampling_rate":0,"xray_trace_id":"1-67430f80-5e1b4f8a2c3d4e5f6a7b8c9d","message_id":"${REQUEST_ID}"}`,
  '{"_aws":{"Timestamp":1790000000000,"CloudWatchMetrics":[{"Namespace":"InboundSms","Dimensions":[["service"]],"Metrics":[{"Name":"Published","Unit":"Count"}]}]},"service":"inbound-sms","Published":1}',
];

/** Its idempotency record is put and updated, each under a kilobyte. */
const POWERTOOLS_IDEMPOTENCY_UNITS = 2;

/**
 * What AWS bills for one message. `ours` as it was observed. `floor`: the same calls and what a
 * sweeper needs, and neither a log of its own nor an index for people. `powertools`: an idempotency record, put and updated; the message put in a table without
 * an index; one publish. `naive`: one put without a condition, and one publish.
 */
export function usageOf(
  peer: Peer,
  message: ObservedMessage,
  { milliseconds, memoryMb, accessLogLine, indexes }: Surroundings,
): Usage {
  const recordUnits = writeUnits(itemBytes(message.stored));
  const writes = {
    ours: totalUnits(message.writes),
    floor: totalUnits(message.writes, [PENDING_INDEX]),
    powertools: POWERTOOLS_IDEMPOTENCY_UNITS + recordUnits,
    naive: recordUnits,
  };
  const ownLines = {
    ours: [message.logLine],
    floor: [],
    powertools: POWERTOOLS_LINES,
    naive: [],
  };
  const lines = [...PLATFORM_LINES, ...ownLines[peer], ...(accessLogLine ? [accessLogLine] : [])];
  return {
    apiRequests: apiRequests(message.bodyBytes),
    invocations: 1,
    gbSeconds: gbSeconds(milliseconds, memoryMb),
    writes: writes[peer],
    reads: 0,
    publishes: publishes(message.notificationBytes),
    logBytes: lines.reduce((sum, line) => sum + logEventBytes(line), 0),
    recordBytes: keptBytes(message.marked),
    indexBytes: peer === 'ours' ? keptIndexBytes(message.marked, indexes) : 0,
  };
}

/** What AWS bills for a sweep that finds nothing. */
export function sweepUsage(
  { readUnits, logLine }: { readonly readUnits: number; readonly logLine: string },
  { milliseconds, memoryMb }: Pick<Surroundings, 'milliseconds' | 'memoryMb'>,
): Usage {
  return {
    apiRequests: 0,
    invocations: 1,
    gbSeconds: gbSeconds(milliseconds, memoryMb),
    writes: 0,
    reads: readUnits,
    publishes: 0,
    logBytes: [...PLATFORM_LINES, logLine].reduce((sum, line) => sum + logEventBytes(line), 0),
    recordBytes: 0,
    indexBytes: 0,
  };
}
