import { Button } from '../ui/controls.tsx';
import { setTime } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { SafeText } from '../ui/texts.tsx';
import { type Filters, SPANS, STATES } from './filters.ts';
import { changeFilters, clearFilters, filters } from './inbox.ts';

/** An active filter, in words. */
interface Chip {
  readonly label: string;
  /** What a person typed, or a name. */
  readonly value?: string;
  readonly cleared: Parameters<typeof changeFilters>[0];
}

export function chipsOf(set: Filters): readonly Chip[] {
  const { state, undelivered, from, to, within, since, until, replay } = set;
  const chips: (Chip | false)[] = [
    state !== undefined && { label: STATES[state], cleared: { state: undefined } },
    undelivered !== undefined && {
      ...{ label: 'Undelivered to', value: undelivered, cleared: { undelivered: undefined } },
    },
    within !== undefined && { label: SPANS[within].label, cleared: { within: undefined } },
    since !== undefined && {
      ...{ label: 'Since', value: setTime(since), cleared: { since: undefined } },
    },
    until !== undefined && {
      ...{ label: 'Before', value: setTime(until), cleared: { until: undefined } },
    },
    from !== undefined && { label: 'From', value: from, cleared: { from: undefined } },
    to !== undefined && { label: 'To', value: to, cleared: { to: undefined } },
    replay !== undefined && {
      ...{ label: 'Published again by replay', value: replay, cleared: { replay: undefined } },
    },
  ];
  return chips.filter((chip) => chip !== false);
}

/** The active filters. Each has a button that removes it. */
export function FilterChips() {
  const chips = chipsOf(filters.value);
  if (chips.length === 0) return null;
  return (
    <ul class="filter-chips" aria-label="Active filters">
      {chips.map(({ label, value, cleared }) => (
        <li key={label}>
          <button
            type="button"
            class="filter-chip"
            aria-label={`Remove: ${label}${value === undefined ? '' : ` ${value}`}`}
            onClick={() => changeFilters(cleared)}
          >
            <span class="filter-chip-text">
              {label}
              {value !== undefined && (
                <>
                  {' '}
                  <SafeText text={value} />
                </>
              )}
            </span>
            <Icon name="close" size={12} />
          </button>
        </li>
      ))}
      <li>
        <Button kind="plain" size="small" onClick={clearFilters}>
          Clear search and filters
        </Button>
      </li>
    </ul>
  );
}
