import type { MessageQuery } from '../../protocol.ts';

/** The states one can ask for. */
export const STATES = ['stored', 'publishing', 'pending', 'published', 'conflict'] as const;

const HOUR_MS = 3_600_000;

/** How long ago, at most. */
export const SPANS = { '1h': HOUR_MS, '24h': 24 * HOUR_MS, '7d': 168 * HOUR_MS } as const;

/** What the inbox is narrowed down to. Nothing of it is there if it is empty. */
export interface Filters {
  readonly search?: string;
  readonly state?: (typeof STATES)[number];
  readonly from?: string;
  readonly to?: string;
  readonly within?: keyof typeof SPANS;
  /** Epoch ms. */
  readonly since?: number;
  readonly until?: number;
}

/** Reads the filters out of the address. What makes no sense there is left out. */
export function readFilters(query: URLSearchParams): Filters {
  const state = STATES.find((name) => name === query.get('state'));
  const within = (Object.keys(SPANS) as (keyof typeof SPANS)[]).find(
    (name) => name === query.get('within'),
  );
  return cleaned({
    search: query.get('search') ?? undefined,
    state,
    from: query.get('from') ?? undefined,
    to: query.get('to') ?? undefined,
    within,
    since: timeIn(query.get('since')),
    until: timeIn(query.get('until')),
  });
}

/** The filters as they stand in the address. */
export function filtersQuery({ since, until, ...texts }: Filters): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(texts)) if (value) query.set(name, value);
  if (since !== undefined) query.set('since', new Date(since).toISOString());
  if (until !== undefined) query.set('until', new Date(until).toISOString());
  return query;
}

/** Filters with some of them changed; `undefined` takes one away. */
export function changed(
  filters: Filters,
  change: { readonly [Name in keyof Filters]: Filters[Name] | undefined },
): Filters {
  return cleaned({ ...filters, ...change });
}

/** What the server is asked for. */
export function queryOf(filters: Filters, now: number): MessageQuery {
  const { search, state, from, to, within, until } = filters;
  const since = within ? now - SPANS[within] : filters.since;
  return {
    ...(search && { search }),
    ...(state && { state }),
    ...(from && { from }),
    ...(to && { sms_number: to }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}

type Loose = { readonly [Name in keyof Filters]: Filters[Name] | undefined };

function cleaned(filters: Loose): Filters {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(given) as Filters;
}

function timeIn(text: string | null): number | undefined {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : at;
}
