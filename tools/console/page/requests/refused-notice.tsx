import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { RefusedPage, RefusedRequest } from '../../request-protocol.ts';
import { useFeed } from '../feed.ts';
import { MessageLink } from '../inbox/message-parts.tsx';
import { OlderButton } from '../ui/controls.tsx';
import { count, plural } from '../ui/format.ts';
import { EmptyState } from '../ui/layout.tsx';
import { SafeText } from '../ui/texts.tsx';
import { Time } from '../ui/time.tsx';
import { refusedHash } from './filters.ts';
import { REASONS, wrongText } from './reasons.ts';
import { mayBeMessages, type RefusedFeed, refusedFeed } from './refused-feed.ts';

interface RefusedNoticeProps {
  /** The content below. It is rendered with the notice, so that it does not move. */
  readonly children: ComponentChildren;
}

/** In an empty inbox: that requests were refused, and why. */
export function RefusedNotice({ children }: RefusedNoticeProps) {
  const [feed] = useState(() => refusedFeed({}));
  const page = useFeed(feed);
  if (!page && feed.error.value === undefined) return null;
  return (
    <>
      {page && <RefusedText page={page} />}
      {children}
    </>
  );
}

function RefusedText({ page }: { readonly page: RefusedPage }) {
  const requests = mayBeMessages(page.requests);
  const [latest] = requests;
  if (!latest) return null;
  const { length } = requests;
  const isSame = requests.every((request) => wrongText(request) === wrongText(latest));
  const isMore = page.next !== undefined;
  return (
    <p class="refused-notice" role="status">
      <a href={refusedHash({})}>
        {isMore ? `More than ${count(length)} requests` : plural(length, 'request')}{' '}
        {length === 1 && !isMore ? 'was' : 'were'} refused
      </a>
      {isSame ? ': ' : ', the latest one: '}
      <SafeText text={wrongText(latest)} />
    </p>
  );
}

interface RefusedMessageProps {
  readonly id: string;
  /** What to say if no request with this id was refused. */
  readonly children: ComponentChildren;
}

/** Shown instead of a message that is not stored: when and why it was refused. */
export function RefusedMessage({ id, children }: RefusedMessageProps) {
  const [feed] = useState(() => refusedFeed({ message_id: id }));
  const page = useFeed(feed);
  if (!page && feed.error.value === undefined) return <p class="muted refused-wait">Loading…</p>;
  const [latest] = page?.requests ?? [];
  if (latest) return <WasRefused id={id} request={latest} />;
  return (
    <>
      {children}
      {page?.next !== undefined && <SearchedTo page={page} feed={feed} />}
    </>
  );
}

/** How far back the refused requests are searched: there are older ones. */
function SearchedTo({ page, feed }: { readonly page: RefusedPage; readonly feed: RefusedFeed }) {
  const { searchedTo } = page;
  const isBusy = feed.isLoadingOlder.value;
  const status = useRef<HTMLParagraphElement>(null);
  return (
    <div class="refused-searched">
      <p role="status" ref={status} tabIndex={-1}>
        No request with this id was refused
        {searchedTo !== undefined && (
          <>
            {' '}
            since <Time at={searchedTo} />
          </>
        )}
        . Older ones have not been searched yet.
      </p>
      <OlderButton
        size="small"
        isBusy={isBusy}
        onClick={feed.loadOlder}
        onGone={() => status.current?.focus()}
      >
        {isBusy ? 'Searching…' : 'Search older'}
      </OlderButton>
    </div>
  );
}

interface WasRefusedProps {
  readonly id: string;
  readonly request: RefusedRequest;
}

function WasRefused({ id, request }: WasRefusedProps) {
  const { received_at, last_received_at, requests, reason, kept } = request;
  return (
    <EmptyState icon="refused" title="This message was refused">
      <p>
        {REASONS[reason].label}: <SafeText text={wrongText(request)} />
      </p>
      <p>
        It came at <Time at={received_at} as="full" />
        {requests > 1 && (
          <>
            {' '}
            and {count(requests - 1)} more {requests === 2 ? 'time' : 'times'}, the last time at{' '}
            <Time at={last_received_at} as="full" />
          </>
        )}
        .
      </p>
      {kept?.state === 'accepted' && kept.accepted_as !== undefined && (
        <p>
          It was accepted. <MessageLink id={kept.accepted_as} />
        </p>
      )}
      <p>
        <a href={refusedHash({ message_id: id }, request.id)}>What to do about it</a>
      </p>
    </EmptyState>
  );
}

interface RefusedLinkProps {
  readonly id: string;
  readonly conflicts: number;
}

/** Links a message to the requests that were refused because they had its id. */
export function ConflictsLink({ id, conflicts }: RefusedLinkProps) {
  if (conflicts === 0) return null;
  return (
    <p>
      <a href={refusedHash({ message_id: id, reason: 'conflict' })}>
        Show what was refused under its id
      </a>
    </p>
  );
}
