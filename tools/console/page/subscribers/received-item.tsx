import type { SubscriberMessage } from '../../protocol.ts';
import { MessageLink } from '../inbox/message-parts.tsx';
import { prettyJson } from '../ui/format.ts';
import { Badge } from '../ui/layout.tsx';
import { CodeBlock, SafeText } from '../ui/texts.tsx';
import { Time } from '../ui/time.tsx';
import type { Match } from './received-list.ts';

interface ReceivedItemProps {
  readonly message: SubscriberMessage;
  readonly match: Match;
  /** Whether its JSON is shown without being asked for. */
  readonly isOpen: boolean;
}

/** A notification, as it came out of the queue. */
export function ReceivedItem({ message, match, isOpen }: ReceivedItemProps) {
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
