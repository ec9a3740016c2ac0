import { useState } from 'preact/hooks';
import { useFeed } from '../feed.ts';
import { Button } from '../ui/controls.tsx';
import { plural } from '../ui/format.ts';
import { Card, EmptyState } from '../ui/layout.tsx';
import { DeliveryItem } from './delivery-item.tsx';
import { groupDeliveries } from './delivery-list.ts';
import { deliveries } from './feeds.ts';

const PAGE = 15;

/** What was sent, as it is being delivered. */
export function Deliveries() {
  const known = useFeed(deliveries);
  const [shown, setShown] = useState(PAGE);
  const groups = groupDeliveries(known ?? []);
  const hidden = groups.length - shown;
  return (
    <div class="send-deliveries">
      <Card title="Deliveries" isFlush>
        {known && groups.length === 0 && (
          <EmptyState icon="send" title="Nothing has been sent yet">
            <p>
              Send something, and follow each attempt here: what it was answered, and what the PBX
              does next.
            </p>
          </EmptyState>
        )}
        {!known && <p class="card-notice muted">{deliveries.error.value ?? 'Loading…'}</p>}
        <ul class="delivery-list">
          {groups.slice(0, shown).map((group, index) => (
            <DeliveryItem key={group.key} group={group} place={index} />
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
    </div>
  );
}
