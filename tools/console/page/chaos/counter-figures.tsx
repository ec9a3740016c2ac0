import type { Counters } from '../../protocol.ts';
import { count } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { FIGURES, lostInWords } from './figures.ts';

interface CounterFiguresProps {
  readonly counters: Counters | undefined;
  /** Why there are none. */
  readonly error: string | undefined;
}

/** Where the messages are, in large figures; above all that none is lost. */
export function CounterFigures({ counters, error }: CounterFiguresProps) {
  return (
    <section class="counters" aria-label="Counters">
      <dl class="counter-list">
        {FIGURES.map(({ name, label, means }) => (
          <div key={name} class="counter">
            <dt class="counter-label">{label}</dt>
            <dd class="counter-figure figures" data-counter={name}>
              {counters ? count(counters[name]) : '–'}
            </dd>
            <dd class="counter-means">{means}</dd>
          </div>
        ))}
      </dl>
      <Lost counters={counters} error={error} />
    </section>
  );
}

function Lost({ counters, error }: CounterFiguresProps) {
  const isBad = (counters?.lost ?? 0) > 0;
  return (
    <div class={`counter-lost ${isBad ? 'counter-lost-bad' : 'counter-lost-good'}`}>
      <dl class="counter">
        <dt class="counter-label">
          <Icon name={isBad ? 'alert' : 'check'} size={14} /> Lost
        </dt>
        <dd class="counter-figure figures" data-counter="lost">
          {counters ? count(counters.lost) : '–'}
        </dd>
      </dl>
      <p class="counter-words">{counters ? lostInWords(counters) : (error ?? 'Loading…')}</p>
      {/* Said at once, unlike the figures, which change all the time. */}
      <p class="visually-hidden" role="alert">
        {isBad && counters ? lostInWords(counters) : ''}
      </p>
    </div>
  );
}
