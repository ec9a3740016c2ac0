import type { PbxDelivery } from '../../protocol.ts';
import { MessageLink } from '../inbox/message-parts.tsx';
import { progressOf, statusOf } from '../send/progress.ts';
import { plural } from '../ui/format.ts';
import { Badge, Card } from '../ui/layout.tsx';

const SHOWN = 5;

/** What the PBX has not brought to an end. */
export function UnderWay({ deliveries }: { readonly deliveries: readonly PbxDelivery[] }) {
  // The others wait for their turn.
  const furthest = deliveries.toSorted((a, b) => b.attempts.length - a.attempts.length);
  const hidden = deliveries.length - SHOWN;
  return (
    <Card title="Under way" actions={<Badge>{plural(deliveries.length, 'post')}</Badge>}>
      {deliveries.length === 0 && <p class="muted">The PBX has nothing to deliver.</p>}
      <ul class="under-way">
        {furthest.slice(0, SHOWN).map((delivery) => {
          const last = delivery.attempts.at(-1);
          return (
            <li key={delivery.id} class="under-way-item">
              <span>{progressOf(delivery)}</span>
              <span class="muted">{last && `last answer: ${statusOf(last)}`}</span>
              <MessageLink id={delivery.message_id}>Message</MessageLink>
            </li>
          );
        })}
      </ul>
      {hidden > 0 && (
        <p class="muted small">
          and {plural(hidden, 'other')}: see <a href="#/send">Send</a>
        </p>
      )}
    </Card>
  );
}
