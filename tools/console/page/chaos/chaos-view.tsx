import { useFeed } from '../feed.ts';
import { deliveries } from '../send/feeds.ts';
import { plural } from '../ui/format.ts';
import { Badge, View } from '../ui/layout.tsx';
import { Actions } from './actions.tsx';
import './chaos.css';
import { CounterFigures } from './counter-figures.tsx';
import { Explanations } from './explanations.tsx';
import { chaos, counters } from './feeds.ts';
import { faultsOn } from './switch-list.ts';
import { Switches } from './switches.tsx';
import { UnderWay } from './under-way.tsx';

/** Things go wrong here, and nothing is lost. */
export function ChaosView() {
  const current = useFeed(chaos);
  const counts = useFeed(counters);
  const underWay = (useFeed(deliveries) ?? []).filter(({ state }) => state === 'under way');
  const faults = current ? faultsOn(current) : 0;
  return (
    <View
      title="Chaos"
      lead="Break what the webhook rests on, send messages, and watch the guarantee hold: whatever is answered 200 is stored and published."
      actions={
        current && (
          <Badge tone={faults > 0 ? 'warn' : 'neutral'} icon={faults > 0 ? 'alert' : 'check'}>
            {faults > 0 ? `${plural(faults, 'fault')} on` : 'No fault is on'}
          </Badge>
        )
      }
    >
      <CounterFigures counters={counts} error={counters.error.value} />
      <div class="view-grid chaos-view">
        <div class="chaos-column">
          <Switches chaos={current} error={chaos.error.value} />
        </div>
        <div class="chaos-column">
          <Actions />
          <UnderWay deliveries={underWay} />
          {current && counts && (
            <Explanations chaos={current} counters={counts} underWay={underWay.length} />
          )}
        </div>
      </div>
    </View>
  );
}
