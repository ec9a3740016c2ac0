import { useState } from 'preact/hooks';
import type { StackInfo } from '../../protocol.ts';
import { refusedHash } from '../requests/filters.ts';
import { RefusedNotice } from '../requests/refused-notice.tsx';
import { inboxHash } from '../route.ts';
import { keysOf } from '../shell/keys-dialog.tsx';
import { KeyList } from '../ui/keys.tsx';
import { EmptyState } from '../ui/layout.tsx';
import { CodeBlock } from '../ui/texts.tsx';

interface NoMessagesProps {
  readonly stack: StackInfo | undefined;
  readonly isFiltered: boolean;
  readonly search: string | undefined;
  /** Whether there are older messages that were not searched. */
  readonly hasMore: boolean;
  /** Why the messages cannot be read. */
  readonly error: string | undefined;
}

/** Replaces an empty list. Says why it is empty and what to do. */
export function NoMessages({ stack, isFiltered, search, hasMore, error }: NoMessagesProps) {
  return (
    <div class="no-messages">
      {error !== undefined ? (
        <EmptyState icon="alert" title="The messages cannot be read">
          <p>{error}</p>
          {isFiltered && <ClearFilters />}
        </EmptyState>
      ) : isFiltered ? (
        <EmptyState
          icon="search"
          title={hasMore ? 'No message matches so far' : 'No message matches'}
        >
          {hasMore && <p>Older messages have not been searched yet: continue below.</p>}
          {search !== undefined && (
            <p>
              A refused message is not in the inbox.{' '}
              <a href={refusedHash({ search })}>Search the refused requests</a>
            </p>
          )}
          <ClearFilters />
        </EmptyState>
      ) : (
        <EmptyState icon="inbox" title="No messages yet">
          <RefusedNotice>
            <HowToGetOne url={stack?.webhookUrl} />
          </RefusedNotice>
        </EmptyState>
      )}
    </div>
  );
}

function ClearFilters() {
  return (
    <p>
      <a href={inboxHash()}>Clear search and filters</a>
    </p>
  );
}

function HowToGetOne({ url }: { readonly url: string | undefined }) {
  const [messageId] = useState(() => crypto.randomUUID());
  if (url === undefined) {
    return (
      <p>
        They appear here when the PBX posts them to the Web Hook URL.{' '}
        <code>bin/inbound-sms doctor</code> checks the stack.
      </p>
    );
  }
  // Numbers that Australia reserves for fiction.
  const fields = new URLSearchParams({
    from: '+61491570006',
    sms_number: '+61491570156',
    body: 'Hello from a terminal',
    message_id: messageId,
  });
  return (
    <>
      <p>
        <a href="#/send">Send one</a> as the PBX would, or post it from a terminal:
      </p>
      <CodeBlock label="test request" text={`curl '${url}' --data '${fields}'`} wraps />
      <CodeBlock label="Web Hook URL" text={url} wraps />
    </>
  );
}

/** Shown beside the list while no message is open. */
export function NothingOpen({ canReplay }: { readonly canReplay: boolean }) {
  const keys = keysOf({ canReplay, isLocal: false }).filter(({ isFirst }) => isFirst);
  return (
    <div class="nothing-open">
      <EmptyState icon="inbox" title="Choose a message">
        <p>You see what happened to it: every request, the calls to AWS, the deliveries.</p>
        <KeyList keys={keys} />
      </EmptyState>
    </div>
  );
}
