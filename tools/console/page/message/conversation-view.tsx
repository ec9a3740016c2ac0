import { useState } from 'preact/hooks';
import type { MessageSummary } from '../../protocol.ts';
import { useFeed } from '../feed.ts';
import { HEADING_ID, queryIn } from '../inbox/inbox.ts';
import { createInboxStore } from '../inbox/inbox-store.ts';
import { daysOf } from '../inbox/message-list.ts';
import { BodyText, Marks, Numbers } from '../inbox/message-parts.tsx';
import { messageHash, route } from '../route.ts';
import { OlderButton } from '../ui/controls.tsx';
import { day, isSameDay, timeOfDay } from '../ui/format.ts';
import { EmptyState } from '../ui/layout.tsx';
import { now } from '../ui/time.tsx';
import { DetailBar } from './detail-bar.tsx';

interface ConversationProps {
  readonly from: string;
  readonly to: string;
}

/** All messages from one number to another, newest first. */
export function ConversationView({ from, to }: ConversationProps) {
  const [store] = useState(() =>
    createInboxStore({ query: () => ({ from, sms_number: to, isExact: true }) }),
  );
  const { messages, next, status, isLoadingOlder, error } = useFeed(store);
  return (
    <article class="conversation" aria-label="Conversation">
      <DetailBar id={JSON.stringify([from, to])} title={<Numbers from={from} to={to} />} />
      <div class="conversation-content">
        {messages.length === 0 && status !== 'loading' && (
          <EmptyState
            icon="conversation"
            title={
              error === undefined
                ? 'No messages between these two'
                : 'The conversation cannot be read'
            }
          >
            {error}
          </EmptyState>
        )}
        {daysOf(messages).map(({ at, messages: ofDay }) => (
          <section class="conversation-day" key={new Date(at).toDateString()}>
            <h3 class="conversation-date">
              {isSameDay(at, now.value) ? 'Today' : day(at, now.value)}
            </h3>
            <ol class="conversation-messages">
              {ofDay.map((message) => (
                <Bubble message={message} key={message.message_id} />
              ))}
            </ol>
          </section>
        ))}
        {next !== undefined && (
          <OlderButton
            isBusy={isLoadingOlder}
            onClick={store.loadOlder}
            onGone={() => document.getElementById(HEADING_ID)?.focus({ preventScroll: true })}
          >
            {isLoadingOlder ? 'Loading…' : 'Show older'}
          </OlderButton>
        )}
      </div>
    </article>
  );
}

function Bubble({ message }: { readonly message: MessageSummary }) {
  const { message_id, body, received_at } = message;
  return (
    <li class="conversation-message">
      <div class="message-text">
        <BodyText text={body} />
      </div>
      <p class="conversation-foot small">
        <a href={messageHash(message_id, queryIn(route.value))}>
          <span class="visually-hidden">Message of </span>
          <time class="figures" dateTime={new Date(received_at).toISOString()}>
            {timeOfDay(received_at)}
          </time>
        </a>
        <Marks message={message} />
      </p>
    </li>
  );
}
