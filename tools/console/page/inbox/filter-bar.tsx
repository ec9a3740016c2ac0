import { useState } from 'preact/hooks';
import './filter-bar.css';
import { Button, Field } from '../ui/controls.tsx';
import { type Filters, SPANS, STATES } from './filters.ts';
import { changeFilters, filters } from './inbox.ts';
import { localInput, readLocalInput } from './local-time.ts';
import { SearchField } from './search-field.tsx';

const STATE_LABELS = {
  stored: 'Stored',
  publishing: 'Publishing',
  pending: 'Pending',
  published: 'Published',
  conflict: 'With conflicts',
} as const;

const SPAN_LABELS = { '1h': 'The last hour', '24h': 'The last 24 hours', '7d': 'The last 7 days' };
const CUSTOM = 'custom';

/** What the list is narrowed down to. */
export function FilterBar() {
  const { search: _, ...others } = filters.value;
  const used = Object.keys(others).length;
  const [isShown, setShown] = useState(used > 0);
  return (
    <search class="filter-bar">
      <div class="filter-line">
        <SearchField />
        <Button
          icon="filter"
          aria-expanded={isShown}
          aria-controls="filters"
          onClick={() => setShown(!isShown)}
        >
          Filters{used > 0 && ` (${used})`}
        </Button>
      </div>
      <div class="filter-fields" id="filters" hidden={!isShown}>
        <FilterFields filters={filters.value} />
        {used > 0 && (
          <div class="filter-clear">
            <Button kind="plain" size="small" icon="close" onClick={clearFilters}>
              Clear the filters
            </Button>
          </div>
        )}
      </div>
    </search>
  );
}

function clearFilters(): void {
  changeFilters({
    state: undefined,
    from: undefined,
    to: undefined,
    within: undefined,
    since: undefined,
    until: undefined,
  });
}

function FilterFields({
  filters: { state, from, to, within, since, until },
}: {
  filters: Filters;
}) {
  const isCustom = since !== undefined || until !== undefined;
  const [wantsCustom, setWantsCustom] = useState(isCustom);
  const chooseTime = (value: string) => {
    setWantsCustom(value === CUSTOM);
    const span = (Object.keys(SPANS) as (keyof typeof SPANS)[]).find((name) => name === value);
    changeFilters({ within: span, since: undefined, until: undefined });
  };
  return (
    <>
      <Field label="State">
        {(control) => (
          <select
            {...control}
            value={state ?? ''}
            onChange={({ currentTarget: { value } }) =>
              changeFilters({ state: STATES.find((name) => name === value) })
            }
          >
            <option value="">Any</option>
            {STATES.map((name) => (
              <option key={name} value={name}>
                {STATE_LABELS[name]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Received">
        {(control) => (
          <select
            {...control}
            value={within ?? (isCustom || wantsCustom ? CUSTOM : '')}
            onChange={({ currentTarget: { value } }) => chooseTime(value)}
          >
            <option value="">At any time</option>
            {Object.entries(SPAN_LABELS).map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
            <option value={CUSTOM}>Between…</option>
          </select>
        )}
      </Field>
      <NumberField label="From" value={from} onChange={(value) => changeFilters({ from: value })} />
      <NumberField label="To" value={to} onChange={(value) => changeFilters({ to: value })} />
      {(isCustom || wantsCustom) && !within && (
        <>
          <TimeField
            label="Since"
            value={since}
            onChange={(value) => changeFilters({ since: value })}
          />
          <TimeField
            label="Before"
            value={until}
            onChange={(value) => changeFilters({ until: value })}
          />
        </>
      )}
    </>
  );
}

interface ValueProps<Value> {
  readonly label: string;
  readonly value: Value | undefined;
  readonly onChange: (value: Value | undefined) => void;
}

function NumberField({ label, value, onChange }: ValueProps<string>) {
  return (
    <Field label={label}>
      {(control) => (
        <input
          {...control}
          type="text"
          inputMode="tel"
          autocomplete="off"
          placeholder="Any number"
          value={value ?? ''}
          onChange={({ currentTarget }) => onChange(currentTarget.value.trim() || undefined)}
        />
      )}
    </Field>
  );
}

function TimeField({ label, value, onChange }: ValueProps<number>) {
  return (
    <Field label={label}>
      {(control) => (
        <input
          {...control}
          type="datetime-local"
          value={value === undefined ? '' : localInput(value)}
          onChange={({ currentTarget }) => onChange(readLocalInput(currentTarget.value))}
        />
      )}
    </Field>
  );
}
