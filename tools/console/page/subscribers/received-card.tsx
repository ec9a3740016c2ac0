import { useState } from 'preact/hooks';
import type { FilterResult, SubscriberMessage } from '../../protocol.ts';
import { Button } from '../ui/controls.tsx';
import { plural } from '../ui/format.ts';
import { Card, EmptyState } from '../ui/layout.tsx';
import { ReceivedItem } from './received-item.tsx';
import { matchesOf } from './received-list.ts';

interface ReceivedCardProps {
  /** Nothing until they are known. */
  readonly messages: readonly SubscriberMessage[] | undefined;
  readonly error: string | undefined;
  /** What a filter policy says of them. */
  readonly result: FilterResult | undefined;
}

const PAGE = 25;

export function ReceivedCard({ messages, error, result }: ReceivedCardProps) {
  const [shown, setShown] = useState(PAGE);
  const [isOpen, setOpen] = useState(false);
  const matchOf = matchesOf(result);
  const total = messages?.length ?? 0;
  const hidden = total - shown;
  return (
    <Card
      title={total > 0 ? `Received: ${plural(total, 'message')}` : 'Received'}
      actions={
        total > 0 && (
          <Button size="small" aria-pressed={isOpen} onClick={() => setOpen(!isOpen)}>
            Show the JSON
          </Button>
        )
      }
      isFlush
    >
      {!messages && <p class="card-notice muted">{error ?? 'Loading…'}</p>}
      {messages?.length === 0 && (
        <EmptyState icon="subscribers" title="The queue has got nothing yet">
          <p>
            Each message that is published appears here. <a href="#/send">Send one</a>
          </p>
        </EmptyState>
      )}
      <ul class="received-list">
        {messages?.slice(0, shown).map((message) => (
          <ReceivedItem
            key={message.id}
            message={message}
            match={matchOf(message.id)}
            isOpen={isOpen}
          />
        ))}
      </ul>
      {hidden > 0 && (
        <p class="card-notice">
          <Button onClick={() => setShown(shown + PAGE)}>
            Show more: {plural(hidden, 'message')}
          </Button>
        </p>
      )}
    </Card>
  );
}
