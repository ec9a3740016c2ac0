import { useState } from 'preact/hooks';
import type { StackInfo } from '../../protocol.ts';
import './nothing-open.css';
import { inboxHash } from '../route.ts';
import { EmptyState } from '../ui/layout.tsx';
import { CodeBlock } from '../ui/texts.tsx';

interface NoMessagesProps {
  readonly stack: StackInfo | undefined;
  readonly isFiltered: boolean;
  /** There are older ones that have not been looked at. */
  readonly hasMore: boolean;
  /** Why it is not known whether there are any. */
  readonly error: string | undefined;
}

/** Instead of the list: why it is empty, and what to do. */
export function NoMessages({ stack, isFiltered, hasMore, error }: NoMessagesProps) {
  const [messageId] = useState(() => crypto.randomUUID());
  if (error !== undefined) {
    return (
      <div class="no-messages">
        <EmptyState icon="alert" title="The messages cannot be read">
          <p>{error}</p>
        </EmptyState>
      </div>
    );
  }
  if (isFiltered) {
    return (
      <div class="no-messages">
        <EmptyState
          icon="search"
          title={hasMore ? 'No message matches so far' : 'No message matches'}
        >
          {hasMore && <p>Older ones have not been searched yet: go on below.</p>}
          <p>
            <a href={inboxHash()}>Take the search and the filters away</a>
          </p>
        </EmptyState>
      </div>
    );
  }
  const url = stack?.webhookUrl;
  return (
    <div class="no-messages">
      <EmptyState icon="inbox" title="No messages yet">
        {url === undefined ? (
          <p>
            They appear here as the PBX posts them to the Web Hook URL.{' '}
            <code>bin/inbound-sms doctor</code> says whether it is set up.
          </p>
        ) : (
          <>
            <p>
              <a href="#/send">Send one</a> as the PBX would, or post it from a terminal:
            </p>
            <CodeBlock label="test request" text={curlFor(url, messageId)} wraps />
            <CodeBlock label="Web Hook URL" text={url} wraps />
          </>
        )}
      </EmptyState>
    </div>
  );
}

/** Of the fictitious numbers that Australia keeps for such examples. */
function curlFor(url: string, messageId: string): string {
  const fields = new URLSearchParams({
    from: '+61491570006',
    sms_number: '+61491570156',
    body: 'Hello from a terminal',
    message_id: messageId,
  });
  return `curl '${url}' --data '${fields}'`;
}
