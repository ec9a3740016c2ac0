import type { InputHTMLAttributes, TargetedEvent } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import './filter-bar.css';
import { useFeed } from '../feed.ts';
import { stack } from '../live.ts';
import { Button, Field } from '../ui/controls.tsx';
import { Icon } from '../ui/icons.tsx';
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
      <FilterChips />
      <div class="filter-fields" id="filters" hidden={!isShown}>
        <FilterFields />
      </div>
    </search>
  );
}

const DEBOUNCE_MS = 250;

/** A filter that is asked for as one types, and at once when one wants to. */
function useTyped(wanted: string, change: (value: string) => void) {
  const [text, setText] = useState(wanted);
  const asked = useRef(wanted);
  useEffect(() => {
    // A link or the browser's back button has changed the address.
    if (wanted !== asked.current) setText(wanted);
    asked.current = wanted;
  }, [wanted]);
  const search = (typed: string) => {
    const searched = typed.trim();
    if (searched === asked.current) return;
    asked.current = searched;
    change(searched);
  };
  useEffect(() => {
    const timer = setTimeout(search, DEBOUNCE_MS, text);
    return () => clearTimeout(timer);
  }, [text]);
  return { text, setText, search };
}

/** Searches texts, numbers and ids while you type. */
function SearchField() {
  const wanted = filters.value.search ?? '';
  const { text, setText, search } = useTyped(wanted, (value) => changeFilters({ search: value }));
  const clear = () => {
    setText('');
    search('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && text) clear();
    else if (event.key === 'Enter') {
      search(text);
      openSingleHit();
    } else if (event.key === 'Escape' || event.key === 'ArrowDown') focusGrid();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="search-field">
      <Icon name="search" />
      <input
        id={SEARCH_ID}
        class="control search-input"
        type="search"
        aria-label="Search texts, numbers and ids"
        placeholder="Search"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {text ? (
        <Button
          kind="plain"
          size="small"
          icon="close"
          aria-label="Clear the search"
          onClick={clear}
        />
      ) : (
        <kbd>/</kbd>
      )}
    </div>
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
