import { useRef, useState } from 'preact/hooks';
import './requests.css';
import { REFUSALS, type RefusedPage } from '../../request-protocol.ts';
import { searchFinder } from '../../search.ts';
import { useFeed } from '../feed.ts';
import { given, type Loose } from '../inbox/filters.ts';
import { navigate } from '../inbox/inbox.ts';
import { stack } from '../live.ts';
import { route } from '../route.ts';
import { Button, Field, OlderButton } from '../ui/controls.tsx';
import { count, plural } from '../ui/format.ts';
import { Card, EmptyState, View } from '../ui/layout.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { SafeText } from '../ui/texts.tsx';
import { Time } from '../ui/time.tsx';
import { type RefusedFilters, readRefusedFilters, refusedHash } from './filters.ts';
import { REASONS } from './reasons.ts';
import { refusedFeed } from './refused-feed.ts';
import { RequestDetail } from './request-detail.tsx';
import { RequestRow } from './request-row.tsx';

/** The requests that the webhook refused. The inbox does not have them. */
export function RequestsView() {
  const current = route.value;
  if (current.view !== 'requests') return null;
  const filters = readRefusedFilters(current.asked);
  return (
    <View
      title="Refused requests"
      lead="Requests that the webhook did not accept, by the time of their first attempt. They are not in the inbox."
    >
      <Filters filters={filters} />
      <Requests key={JSON.stringify(filters)} filters={filters} open={current.id} />
    </View>
  );
}

const REASON_OPTIONS = REFUSALS.map((reason) => [reason, REASONS[reason].label] as const);

/** Changes what the address has by now: somebody may have typed meanwhile. */
function changeFilters(changes: Loose<RefusedFilters>): void {
  const current = route.peek();
  if (current.view !== 'requests') return;
  const filters = given<RefusedFilters>({ ...readRefusedFilters(current.asked), ...changes });
  navigate(refusedHash(filters), { replace: true });
}

function Filters({ filters }: { readonly filters: RefusedFilters }) {
  const { message_id, since, until, ...others } = filters;
  const isNarrow = message_id !== undefined || since !== undefined || until !== undefined;
  const choose = (value: string) =>
    changeFilters({ reason: REFUSALS.find((each) => each === value) });
  return (
    <search class="refused-filters">
      <div class="refused-search">
        <SearchField
          id="refused-search"
          label="Search numbers and ids"
          wanted={filters.search ?? ''}
          onSearch={(search) => changeFilters({ search })}
          onLeave={() => document.querySelector<HTMLElement>('.refused-row')?.focus()}
        />
      </div>
      <Field label="Reason">
        {(control) => (
          <select
            {...control}
            value={filters.reason ?? ''}
            onChange={({ currentTarget }) => choose(currentTarget.value)}
          >
            <option value="">Any</option>
            {REASON_OPTIONS.map(([reason, label]) => (
              <option key={reason} value={reason}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
      {isNarrow && (
        <p class="refused-narrowed small">
          <span>
            {message_id !== undefined && (
              <>
                With the id <SafeText text={message_id} />.{' '}
              </>
            )}
            {since !== undefined && (
              <>
                Since <Time at={since} as="full" />.{' '}
              </>
            )}
            {until !== undefined && (
              <>
                Before <Time at={until} as="full" />.{' '}
              </>
            )}
          </span>
          <a href={refusedHash(others)}>Show all</a>
        </p>
      )}
    </search>
  );
}

interface RequestsProps {
  readonly filters: RefusedFilters;
  /** The id of the request that is open. */
  readonly open: string | undefined;
}

function Requests({ filters, open }: RequestsProps) {
  const [feed] = useState(() => refusedFeed(filters));
  const page = useFeed(feed);
  const error = feed.error.value;
  const isBusy = feed.isLoadingOlder.value;
  const status = useRef<HTMLParagraphElement>(null);
  const finder = searchFinder(filters.search ?? '', stack.value?.country ?? '');
  const isListed = page?.requests.some(({ id }) => id === open) ?? false;
  return (
    <>
      {page && open !== undefined && !isListed && (
        <Card title="Request">
          <RequestDetail key={open} id={open} />
        </Card>
      )}
      {page && page.requests.length > 0 && (
        <section class="card" aria-label="Requests">
          <ul class="refused-list">
            {page.requests.map((request) => (
              <RequestRow
                key={request.id}
                request={request}
                filters={filters}
                isOpen={request.id === open}
                finder={finder}
              />
            ))}
          </ul>
        </section>
      )}
      {page?.requests.length === 0 && <NoRequests filters={filters} page={page} />}
      <div class="refused-status">
        <p class="figures" role="status" ref={status} tabIndex={-1}>
          {page ? extentText(page) : error === undefined && 'Loading…'}
          {page?.next !== undefined && page.searchedTo !== undefined && (
            <>
              , searched back to <Time at={page.searchedTo} />
            </>
          )}
        </p>
        {error !== undefined && <p role="alert">{error}</p>}
        {error !== undefined && (
          <Button size="small" onClick={feed.reload}>
            Try again
          </Button>
        )}
        {page?.next !== undefined && (
          <OlderButton
            size="small"
            isBusy={isBusy}
            onClick={feed.loadOlder}
            onGone={() => status.current?.focus()}
          >
            {isBusy ? 'Searching…' : 'Search older'}
          </OlderButton>
        )}
      </div>
      {page && <NotKept page={page} />}
    </>
  );
}

function extentText({ requests: { length }, next }: RefusedPage): string {
  if (length === 0) return next === undefined ? 'No requests' : 'None found yet';
  return next === undefined ? plural(length, 'request') : `First ${count(length)} loaded`;
}

function NoRequests({
  filters,
  page: { next },
}: {
  readonly filters: RefusedFilters;
  readonly page: RefusedPage;
}) {
  const isFiltered = Object.keys(filters).length > 0;
  if (!isFiltered && next === undefined) {
    return (
      <EmptyState icon="refused" title="No request was refused">
        <p>A request appears here as soon as the webhook refuses it, with the reason.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon="search"
      title={
        next === undefined ? 'No refused request matches' : 'No refused request matches so far'
      }
    >
      {isFiltered && (
        <p>
          <a href={refusedHash({})}>Clear the filters</a>
        </p>
      )}
    </EmptyState>
  );
}

/** Says from which time on the list is complete. */
function NotKept({ page: { since } }: { readonly page: RefusedPage }) {
  const info = stack.value;
  if (!info) return null;
  return (
    <p class="muted small">
      A request with a wrong token is never kept.{' '}
      {since === undefined || info.activityMs === 0 ? (
        'The list has only kept requests.'
      ) : (
        <>
          Requests that were not kept are known since <Time at={since} />.
        </>
      )}
    </p>
  );
}
