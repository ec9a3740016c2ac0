import type { MessageFilter, MessageQuery } from '../../protocol.ts';

const HOUR_MS = 3_600_000;

/** The states to filter by, with their labels. */
export const STATES = {
  pending: 'Pending',
  stored: 'Stored',
  publishing: 'Publishing',
  overdue: 'Overdue',
  published: 'Published',
  late: 'Late',
  retried: '2+ requests recorded',
  conflict: 'With conflicts',
  replayed: 'Replayed',
} as const satisfies Readonly<Record<MessageFilter, string>>;

/** How long ago, at most. */
export const SPANS = {
  '1h': { label: 'The last hour', ms: HOUR_MS },
  '24h': { label: 'The last 24 hours', ms: 24 * HOUR_MS },
  '7d': { label: 'The last 7 days', ms: 168 * HOUR_MS },
} as const;

/** The filters of the inbox. An empty filter is absent. */
export interface Filters {
  readonly search?: string;
  readonly state?: keyof typeof STATES;
  /** The name of a subscriber that lacks the message. */
  readonly undelivered?: string;
  readonly from?: string;
  readonly to?: string;
  readonly within?: keyof typeof SPANS;
  /** Epoch ms. */
  readonly since?: number;
  readonly until?: number;
  /** The id of a replay that published the message. */
  readonly replay?: string;
}

/** Reads the filters from the address. Ignores invalid ones. */
export function readFilters(query: URLSearchParams): Filters {
  const { search, state, undelivered, from, to, within, since, until, replay } =
    Object.fromEntries(query);
  return given<Filters>({
    search,
    state: nameIn(STATES, state),
    undelivered,
    from,
    to,
    within: nameIn(SPANS, within),
    since: readTime(since),
    until: readTime(until),
    replay,
  });
}

/** The filters as parameters of the address. */
export function filtersQuery({ since, until, ...texts }: Filters): URLSearchParams {
  const query = new URLSearchParams({ ...texts });
  if (since !== undefined) query.set('since', new Date(since).toISOString());
  if (until !== undefined) query.set('until', new Date(until).toISOString());
  return query;
}

/** Filters with some of them changed; `undefined` removes one. */
export function changed(filters: Filters, change: Loose<Filters>): Filters {
  return given<Filters>({ ...filters, ...change });
}

/** The query for the server. */
export function queryOf({ within, to, since, ...others }: Filters, now: number): MessageQuery {
  return given<MessageQuery>({
    ...others,
    sms_number: to,
    since: within ? now - SPANS[within].ms : since,
  });
}

/** The name of a table that a text equals. */
export function nameIn<Name extends string>(
  table: Readonly<Record<Name, unknown>>,
  text: string | undefined,
): Name | undefined {
  return (Object.keys(table) as Name[]).find((name) => name === text);
}

/** A time as an `<input type="datetime-local">` holds it, to the minute: `2026-11-24T17:38`. */
export function localInput(at: number | undefined): string {
  if (at === undefined) return '';
  const offsetMs = new Date(at).getTimezoneOffset() * 60_000;
  return new Date(at - offsetMs).toISOString().slice(0, 16);
}

/** Epoch ms. @returns Undefined if the text is no time, such as a half-filled field. */
export function readTime(text = ''): number | undefined {
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

/** Values of which some may be absent. */
export type Loose<Type> = { readonly [Name in keyof Type]: Type[Name] | undefined };

/** The values without those that are absent or empty. */
export function given<Type extends object>(values: Loose<Type>): Type {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(entries) as Type;
}
