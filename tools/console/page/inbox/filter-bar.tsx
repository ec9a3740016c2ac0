import type { InputHTMLAttributes, TargetedEvent } from 'preact';
import { useState } from 'preact/hooks';
import './filter-bar.css';
import { useFeed } from '../feed.ts';
import { stack } from '../live.ts';
import { Button, Field } from '../ui/controls.tsx';
import { SearchField, useTyped } from '../ui/search-field.tsx';
import { now } from '../ui/time.tsx';
import { FilterChips } from './filter-chips.tsx';
import { localInput, nameIn, readTime, SPANS, STATES } from './filters.ts';
import { changeFilters, filters, focusGrid, openSingleHit } from './inbox.ts';
import { runText } from './replay.ts';
import { replayRuns } from './replay-runs.ts';

export const SEARCH_ID = 'message-search';

/** The filters of the list. */
export function FilterBar() {
  const { search: _, ...others } = filters.value;
  const used = Object.keys(others).length;
  const [isShown, setShown] = useState(used > 0);
  return (
    <search class="filter-bar">
      <div class="filter-line">
        <MessageSearch />
        <Button
          icon="filter"
          aria-expanded={isShown}
          aria-controls="filters"
          onClick={() => setShown(!isShown)}
        >
          Filters{used > 0 && ` (${used})`}
        </Button>
      </div>
      <FilterChips />
      <div class="filter-fields" id="filters" hidden={!isShown}>
        <FilterFields />
      </div>
    </search>
  );
}

/** Searches texts, numbers and ids while you type. */
function MessageSearch() {
  return (
    <SearchField
      id={SEARCH_ID}
      label="Search texts, numbers and ids"
      wanted={filters.value.search ?? ''}
      onSearch={(search) => changeFilters({ search })}
      onEnter={openSingleHit}
      onLeave={focusGrid}
      hint={<kbd>/</kbd>}
    />
  );
}

const STATE_OPTIONS = Object.entries({ '': 'Any', ...STATES });
const CUSTOM = 'custom';
const TIME_OPTIONS: readonly (readonly [string, string])[] = [
  ['', 'At any time'],
  ...Object.entries(SPANS).map(([name, { label }]) => [name, label] as const),
  [CUSTOM, 'Between…'],
];
const TIME = { type: 'datetime-local' } as const;

function FilterFields() {
  const { state = '', undelivered = '', from = '', to = '', ...times } = filters.value;
  const { within, since, until } = times;
  const subscribers = stack.value?.subscribers ?? [];
  const hasTimes = since !== undefined || until !== undefined;
  const [wantsCustom, setWantsCustom] = useState(hasTimes);
  const isCustom = !within && (wantsCustom || hasTimes);
  const chooseTime = (value: string) => {
    setWantsCustom(value === CUSTOM);
    changeFilters({ within: nameIn(SPANS, value), since: undefined, until: undefined });
  };
  return (
    <>
      <FilterField
        label="State"
        value={state}
        options={STATE_OPTIONS}
        onValue={(value) => changeFilters({ state: nameIn(STATES, value) })}
      />
      {subscribers.length > 0 && (
        <FilterField
          label="Undelivered to"
          value={undelivered}
          options={[['', 'Any'], ...subscribers.map((name) => [name, name] as const)]}
          onValue={(value) => changeFilters({ undelivered: value })}
        />
      )}
      <FilterField
        label="Received"
        value={within ?? (isCustom ? CUSTOM : '')}
        options={TIME_OPTIONS}
        onValue={chooseTime}
      />
      <NumberField
        label="From"
        value={from}
        placeholder="Any, or “withheld”"
        onValue={(value) => changeFilters({ from: value })}
      />
      <NumberField
        label="To"
        value={to}
        placeholder="Any number"
        onValue={(value) => changeFilters({ to: value })}
      />
      <ReplayField />
      {isCustom && (
        <>
          <FilterField
            label="Since"
            value={localInput(since)}
            input={TIME}
            onValue={(value) => changeFilters({ since: readTime(value) })}
          />
          <FilterField
            label="Before"
            value={localInput(until)}
            input={TIME}
            onValue={(value) => changeFilters({ until: readTime(value) })}
          />
        </>
      )}
    </>
  );
}

interface NumberFieldProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder: string;
  readonly onValue: (value: string) => void;
}

/** A number, a name or a part of either, asked for as one types. */
function NumberField({ label, value, placeholder, onValue }: NumberFieldProps) {
  const { text, setText, search } = useTyped(value, onValue);
  return (
    <Field label={label}>
      {(control) => (
        <input
          type="text"
          inputMode="tel"
          autocomplete="off"
          placeholder={placeholder}
          {...control}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onChange={(event) => search(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** The replays of this console, also those whose page was closed. */
function ReplayField() {
  const runs = useFeed(replayRuns) ?? [];
  const { replay = '' } = filters.value;
  if (runs.length === 0 && replay === '') return null;
  const isKnown = replay === '' || runs.some((run) => run.replay === replay);
  return (
    <FilterField
      label="Published again by"
      value={replay}
      options={[
        ['', 'Any or none'],
        ...runs.map((run) => [run.replay, runText(run, now.value)] as const),
        ...(isKnown ? [] : [[replay, replay] as const]),
      ]}
      onValue={(value) => changeFilters({ replay: value })}
    />
  );
}

interface FilterFieldProps {
  readonly label: string;
  readonly value: string;
  /** The values to choose from, with their labels. */
  readonly options?: readonly (readonly [string, string])[];
  /** The input's type if there are no options. */
  readonly input?: InputHTMLAttributes;
  readonly onValue: (value: string) => void;
}

function FilterField({ label, value, options, input, onValue }: FilterFieldProps) {
  const onChange = ({ currentTarget }: TargetedEvent<HTMLInputElement | HTMLSelectElement>) =>
    onValue(currentTarget.value.trim());
  return (
    <Field label={label}>
      {(control) =>
        options ? (
          <select {...control} value={value} onChange={onChange}>
            {options.map(([name, text]) => (
              <option key={name} value={name}>
                {text}
              </option>
            ))}
          </select>
        ) : (
          <input {...input} {...control} value={value} onChange={onChange} />
        )
      }
    </Field>
  );
}
