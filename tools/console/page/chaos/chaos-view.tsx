import type { Counters, PbxDelivery } from '../../lab-protocol.ts';
import { useFeed } from '../feed.ts';
import { MessageLink } from '../inbox/message-parts.tsx';
import { deliveries } from '../send/pbx.ts';
import { progressOf, statusOf } from '../send/progress.ts';
import { count, plural } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { Badge, Card, View } from '../ui/layout.tsx';
import { chaos, counters, faultsOn } from './chaos.ts';
import { Actions, Switches } from './chaos-actions.tsx';
import './chaos.css';
import { explain, FIGURES, lostInWords } from './explain.ts';

/** Switches faults on, and counts messages. */
export function ChaosView() {
  const current = useFeed(chaos);
  const counts = useFeed(counters);
  const underWay = (useFeed(deliveries) ?? []).filter(({ state }) => state === 'under way');
  const faults = current ? faultsOn(current) : 0;
  return (
    <View
      title="Chaos"
      lead="Switch faults on, send messages, and check the guarantee: every message that is answered 200 is stored and published."
      actions={
        current && (
          <Badge tone={faults > 0 ? 'warn' : 'neutral'} icon={faults > 0 ? 'alert' : 'check'}>
            {faults > 0 ? `${plural(faults, 'fault')} on` : 'No fault is on'}
          </Badge>
        )
      }
    >
      <CounterFigures />
      <div class="view-grid chaos-view">
        <div class="chaos-column">
          <Switches />
        </div>
        <div class="chaos-column">
          <Actions />
          <UnderWay deliveries={underWay} />
          {current && counts && (
            <Card title="What this means">
              <div class="explanations">
                {explain({ chaos: current, counters: counts, underWay: underWay.length }).map(
                  ({ key, title, text }) => (
                    <div key={key}>
                      <h3>{title}</h3>
                      <p class="explanation-text">{text}</p>
                    </div>
                  ),
                )}
              </div>
            </Card>
          )}
        </div>
      </div>
    </View>
  );
}

/** The counts of messages, in large figures. */
function CounterFigures() {
  const known = useFeed(counters);
  const isBad = (known?.lost ?? 0) > 0;
  const words = known && lostInWords(known);
  const figure = (name: keyof Counters) => (
    <dd class="counter-figure figures" data-counter={name}>
      {known ? count(known[name]) : '–'}
    </dd>
  );
  return (
    <section class="counters" aria-label="Counters">
      <dl class="counter-list">
        {FIGURES.map(({ name, label, means }) => (
          <div key={name} class="counter">
            <dt class="counter-label">{label}</dt>
            {figure(name)}
            <dd class="counter-means">{means}</dd>
          </div>
        ))}
      </dl>
      <div class={`counter-lost ${isBad ? 'counter-lost-bad' : 'counter-lost-good'}`}>
        <dl class="counter">
          <dt class="counter-label">
            <Icon name={isBad ? 'alert' : 'check'} size={14} /> Lost
          </dt>
          {figure('lost')}
        </dl>
        <p class="counter-words">{words ?? counters.error.value ?? 'Loading…'}</p>
        {/* Announced at once, unlike the figures, which change all the time. */}
        <p class="visually-hidden" role="alert">
          {isBad ? words : ''}
        </p>
      </div>
    </section>
  );
}

const SHOWN = 5;

/** Deliveries that the PBX has not ended. */
function UnderWay({ deliveries }: { readonly deliveries: readonly PbxDelivery[] }) {
  // The others are queued.
  const furthest = deliveries.toSorted((a, b) => b.attempts.length - a.attempts.length);
  const hidden = deliveries.length - SHOWN;
  return (
    <Card title="In progress" actions={<Badge>{plural(deliveries.length, 'post')}</Badge>}>
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
