import { REFUSALS, type RefusedQuery } from '../../request-protocol.ts';
import { given, readTime } from '../inbox/filters.ts';
import { requestsHash } from '../route.ts';

/** The filters of the list of refused requests. */
export type RefusedFilters = Pick<
  RefusedQuery,
  'search' | 'reason' | 'message_id' | 'since' | 'until'
>;

/** Reads the filters from the address. Ignores invalid ones. */
export function readRefusedFilters(query: URLSearchParams): RefusedFilters {
  const { search, reason, message_id, since, until } = Object.fromEntries(query);
  return given<RefusedFilters>({
    reason: REFUSALS.find((refusal) => refusal === reason),
    search,
    message_id,
    since: readTime(since),
    until: readTime(until),
  });
}

/**
 * The list of refused requests with these filters.
 *
 * @param id The request that is open in it.
 */
export function refusedHash({ since, until, ...texts }: RefusedFilters, id?: string): string {
  const query = new URLSearchParams({ ...texts });
  if (since !== undefined) query.set('since', new Date(since).toISOString());
  if (until !== undefined) query.set('until', new Date(until).toISOString());
  return requestsHash(id, query);
}
