import './nothing-open.css';
import { EmptyState } from '../ui/layout.tsx';

const KEYS = [
  { keys: ['Up', 'Down'], what: 'from message to message' },
  { keys: ['Enter'], what: 'open' },
  { keys: ['Esc'], what: 'back to the list' },
  { keys: ['/'], what: 'search' },
];

/** Beside the list, while no message is open. */
export function NothingOpen({ canReplay }: { readonly canReplay: boolean }) {
  const keys = canReplay ? [...KEYS, { keys: ['x'], what: 'select for a replay' }] : KEYS;
  return (
    <div class="nothing-open">
      <EmptyState icon="inbox" title="Choose a message">
        <p>
          You see what happened to it: every request, the calls behind it, what subscribers got.
        </p>
        <dl class="key-list">
          {keys.map(({ keys: names, what }) => (
            <div class="key-line" key={what}>
              <dt>
                {names.map((name) => (
                  <kbd key={name}>{name}</kbd>
                ))}
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </EmptyState>
    </div>
  );
}
