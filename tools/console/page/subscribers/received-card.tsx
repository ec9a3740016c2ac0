import { useState } from 'preact/hooks';
import type { SubscriberMessage } from '../../lab-protocol.ts';
import { MessageLink } from '../inbox/message-parts.tsx';
import { Button } from '../ui/controls.tsx';
import { plural, prettyJson } from '../ui/format.ts';
import { Badge, EmptyState, ListCard } from '../ui/layout.tsx';
import { CodeBlock, SafeText } from '../ui/texts.tsx';
import { Time } from '../ui/time.tsx';
import { filtering } from './filter.ts';
import { type Match, matchesOf, received } from './queue.ts';

/** The messages of the queue, and whether a filter policy matches each. */
export function ReceivedCard() {
  const [isOpen, setOpen] = useState(false);
  const messages = received.state.value;
  const matchOf = matchesOf(filtering.value?.result);
  const total = messages?.length ?? 0;
  return (
    <ListCard
      title={total > 0 ? `Received: ${plural(total, 'message')}` : 'Received'}
      actions={
        total > 0 && (
          <Button size="small" aria-pressed={isOpen} onClick={() => setOpen(!isOpen)}>
            Show the JSON
          </Button>
        )
      }
      items={messages}
      error={received.error.value}
      page={25}
      empty={
        <EmptyState icon="subscribers" title="The queue has no messages yet">
          <p>
            Each published message appears here. <a href="#/send">Send one</a>
          </p>
        </EmptyState>
      }
    >
      {(message) => (
        <ReceivedItem
          key={message.id}
          message={message}
          match={matchOf(message.id)}
          isOpen={isOpen}
        />
      )}
    </ListCard>
  );
}

interface ReceivedItemProps {
  readonly message: SubscriberMessage;
  readonly match: Match;
  /** Whether its JSON is open at first. */
  readonly isOpen: boolean;
}

/** A notification, as it came out of the queue. */
function ReceivedItem({ message, match, isOpen }: ReceivedItemProps) {
  const { at, message_id, subject, attributes } = message;
  return (
    <li class={`received received-${match}`}>
      <div class="received-head">
        <h3 class="received-subject">
          {subject === undefined ? (
            <span class="muted">(no subject)</span>
          ) : (
            <SafeText text={subject} />
          )}
        </h3>
        {match === 'match' && (
          <Badge tone="good" icon="check">
            Matches
          </Badge>
        )}
        {match === 'other' && <Badge>No match</Badge>}
        <Time at={at} />
      </div>
      <ul class="chips" aria-label="Attributes">
        {Object.entries(attributes).map(([name, value]) => (
          <li key={name} class={name === 'replay' ? 'chip chip-replay' : 'chip'}>
            <span class="chip-name">{name}</span> <SafeText text={value} />
          </li>
        ))}
      </ul>
      <div class="entry-foot">
        <details open={isOpen}>
          <summary>Message</summary>
          <CodeBlock label="message" text={prettyJson(message.message)} wraps />
        </details>
        <MessageLink id={message_id} />
      </div>
    </li>
  );
}
