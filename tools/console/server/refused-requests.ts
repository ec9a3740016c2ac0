import type { QuarantineEntry } from '../../../lib/messages/quarantine.ts';
import {
  comparePositions,
  type Position,
  positionText,
  readPosition,
} from '../../archive/archive-query.ts';
import { withStates } from '../../archive/entry-states.ts';
import type { MessageArchive } from '../../archive/message-archive.ts';
import type { QuarantineArchive } from '../../archive/quarantine-archive.ts';
import type { Attempt } from '../protocol.ts';
import type {
  RefusedDetail,
  RefusedPage,
  RefusedQuery,
  RefusedRequest,
} from '../request-protocol.ts';
import { searchMatcher } from '../search.ts';
import { ATTEMPTS_SPAN_MS, type Attempts } from './attempts.ts';
import { refusedAmong, requestOf, statusOf } from './refused-attempts.ts';
import { RequestFault } from './responses.ts';
import type { ReportFailure } from './watching.ts';

/** The sources of refused requests. */
export interface RefusedReader {
  readonly quarantine: Pick<QuarantineArchive, 'list' | 'find'>;
  readonly archive: Pick<MessageArchive, 'findAll'>;
  readonly attempts: Pick<Attempts, 'recent' | 'ofRefused'>;
  readonly reportFailure: ReportFailure;
  /** Whose national numbers people write: ISO 3166. */
  readonly country: string;
  /** Entries that are read for one page at most, even if few match. Default: 500. */
  readonly maxRead?: number;
}

const DEFAULT_LIMIT = 50;
/** The limit for kept requests with recent attempts that are looked up by their ids, the latest first. */
const MAX_LOOKED_UP = 100;
/** The largest difference between the clocks of the function and of the log. */
const CLOCK_SKEW_MS = 60_000;
const QUARANTINE_ID = /^[0-9a-f]{32}$/;

/** A row and its entry, without the sent content. */
interface Row {
  readonly request: RefusedRequest;
  readonly entry?: QuarantineEntry;
}

/**
 * The refused requests that match: the kept ones, and those of the last attempts that were not kept.
 *
 * @throws {RequestFault} If `before` is not a position in the list.
 */
export async function listRefused(
  reader: RefusedReader,
  query: RefusedQuery,
  signal: AbortSignal,
): Promise<RefusedPage> {
  const { quarantine, maxRead = 500 } = reader;
  const { limit = DEFAULT_LIMIT, since, until } = query;
  const after = placeOf(query);
  const matches = matcherOf(query, reader.country);
  const recent = await recentRows(reader, signal);
  const aside = recent.rows
    .filter(({ request }) => !after || comparePositions(placeIn(request), after) < 0)
    .sort(newestFirst);
  const entries = quarantine.list(
    {
      // The last attempts of an earlier request may be in the range.
      since: since === undefined ? undefined : Math.max(0, since - ATTEMPTS_SPAN_MS),
      until,
      after,
      isDecidedToo: true,
    },
    { signal },
  );
  const rows: Row[] = [];
  let read = 0;
  let first: RefusedRequest | undefined;
  let last: RefusedRequest | undefined;
  let hasMore = false;
  for await (const row of merged(entries, aside)) {
    if (rows.length === limit || read === maxRead) {
      hasMore = true;
      break;
    }
    read++;
    first ??= row.request;
    last = row.request;
    if (matches(row.request)) rows.push(row);
  }
  return {
    requests: await withKept(rows, reader, signal),
    ...(hasMore && last && { next: positionText(placeIn(last)), searchedTo: last.received_at }),
    ...(first && { searchedFrom: first.received_at }),
    ...(recent.since !== undefined && { since: recent.since }),
  };
}

/** All facts of one refused request. @returns Nothing if there is none with this id. */
export async function readRefused(
  reader: RefusedReader,
  id: string,
  signal: AbortSignal,
): Promise<RefusedDetail | undefined> {
  const { quarantine, attempts } = reader;
  const [entry] = QUARANTINE_ID.test(id) ? await quarantine.find([id], { signal }) : [];
  const known = await recentAttempts(reader, signal);
  const recent = refusedAmong(known?.attempts ?? []).find((each) => each.id === id);
  if (!entry) return recent && { request: requestOf(recent), attempts: recent.attempts };
  const times = {
    since: entry.received_at - CLOCK_SKEW_MS,
    until: entry.last_received_at + CLOCK_SKEW_MS,
  };
  const logged = await attempts.ofRefused(id, times, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    reader.reportFailure('read the requests of a refused message from the logs', error);
    return [];
  });
  const [request] = await withKept([rowOf(entry)], reader, signal);
  return request && { request, attempts: joined(logged, recent?.attempts ?? []) };
}

/** Joins both lists. A kept attempt is in both. Of those that were not kept, only recent ones are known. */
function joined(logged: readonly Attempt[], recent: readonly Attempt[]): Attempt[] {
  const others = recent.filter(({ at, ms }) => !logged.some((a) => a.at === at && a.ms === ms));
  return [...logged, ...others].sort((a, b) => a.at - b.at);
}

async function recentAttempts({ attempts, reportFailure }: RefusedReader, signal: AbortSignal) {
  return attempts.recent(signal).catch((error: unknown) => {
    signal.throwIfAborted();
    // The kept facts are shown anyway.
    reportFailure('read the refused requests from the logs', error);
    return undefined;
  });
}

/** The refused requests of the last attempts, without an order. Their entries may not be in the index yet. */
async function recentRows(reader: RefusedReader, signal: AbortSignal) {
  const known = await recentAttempts(reader, signal);
  const recent = refusedAmong(known?.attempts ?? []);
  const kept = recent.flatMap(({ quarantine_id }) => quarantine_id ?? []).slice(-MAX_LOOKED_UP);
  const entries = await reader.quarantine.find(kept, { signal });
  const found = new Map(entries.map((entry) => [entry.quarantine_id, entry]));
  const rows = recent.flatMap((each): Row[] => {
    const { quarantine_id } = each;
    if (quarantine_id === undefined) return [{ request: requestOf(each) }];
    const entry = found.get(quarantine_id);
    if (entry) return [rowOf(entry)];
    // It was deleted, or it was not looked up and the list has it.
    return kept.includes(quarantine_id) ? [{ request: requestOf(each) }] : [];
  });
  return { rows, since: known?.since };
}

/** Both lists in one order, with each request once. */
async function* merged(
  entries: AsyncIterable<QuarantineEntry>,
  aside: readonly Row[],
): AsyncGenerator<Row> {
  const left = [...aside];
  for await (const entry of entries) {
    const row = rowOf(entry);
    while (left[0] && newestFirst(left[0], row) < 0) yield left.shift() as Row;
    if (left[0]?.request.id === row.request.id) left.shift();
    yield row;
  }
  yield* left;
}

function rowOf({ form: _, ...entry }: QuarantineEntry): Row {
  const { quarantine_id, reason, faults, sent_message_id, from, sms_number } = entry;
  const { received_at, last_received_at } = entry;
  const request = {
    id: quarantine_id,
    reason,
    status: statusOf(reason),
    ...(faults !== undefined && { faults }),
    ...(sent_message_id !== undefined && { message_id: sent_message_id }),
    ...(from !== undefined && { from }),
    ...(sms_number !== undefined && { sms_number }),
    received_at,
    last_received_at,
    requests: entry.requests,
  };
  return { request, entry };
}

/** Adds the states of the kept requests. */
async function withKept(
  rows: readonly Row[],
  { archive }: RefusedReader,
  signal: AbortSignal,
): Promise<RefusedRequest[]> {
  const entries = rows.flatMap(({ entry }) => entry ?? []);
  const listed = await withStates(entries, archive, signal);
  const states = new Map(listed.map(({ entry, state }) => [entry, state]));
  return rows.map(({ request, entry }) => {
    const state = entry && states.get(entry);
    if (!entry || !state) return request;
    const { acceptance } = entry;
    const accepted = acceptance && { accepted_as: acceptance.message_id };
    return { ...request, kept: { state, expires_at: entry.expires_at * 1_000, ...accepted } };
  });
}

function matcherOf(
  { reason, message_id, search = '', since, until }: RefusedQuery,
  country: string,
) {
  const isFound = searchMatcher(search, country);
  return (request: RefusedRequest): boolean =>
    (reason === undefined || request.reason === reason) &&
    (message_id === undefined || isSameId(message_id, request.message_id)) &&
    isFound(request) &&
    (since === undefined || request.last_received_at >= since) &&
    (until === undefined || request.received_at < until);
}

/** A UUID is stored in lower case. */
function isSameId(asked: string, id: string | undefined): boolean {
  return id === asked || id === asked.toLowerCase();
}

const placeIn = ({ received_at, id }: RefusedRequest): Position => ({
  received_at,
  message_id: id,
});

function newestFirst(a: Row, b: Row): number {
  return comparePositions(placeIn(b.request), placeIn(a.request));
}

function placeOf({ before }: RefusedQuery): Position | undefined {
  const position = before === undefined ? undefined : readPosition(before);
  if (before === undefined || position) return position;
  throw new RequestFault('before must be `next` of the page before.');
}
