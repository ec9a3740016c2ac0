import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from './controls.tsx';
import { Icon } from './icons.tsx';

const DEBOUNCE_MS = 250;

/** A text that is searched while you type, or at once with `search`. */
export function useTyped(wanted: string, change: (value: string) => void) {
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

interface SearchFieldProps {
  readonly id: string;
  readonly label: string;
  /** The search that the list is of. */
  readonly wanted: string;
  readonly onSearch: (text: string) => void;
  readonly onEnter?: () => void;
  /** Moves the focus to what was found. */
  readonly onLeave: () => void;
  /** Stands in the empty field. */
  readonly hint?: ComponentChildren;
}

/** A field that searches while you type. */
export function SearchField(props: SearchFieldProps) {
  const { id, label, wanted, onSearch, onEnter, onLeave, hint } = props;
  const { text, setText, search } = useTyped(wanted, onSearch);
  const clear = () => {
    setText('');
    search('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && text) clear();
    else if (event.key === 'Enter') {
      search(text);
      onEnter?.();
    } else if (event.key === 'Escape' || event.key === 'ArrowDown') onLeave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="search-field">
      <Icon name="search" />
      <input
        id={id}
        class="control search-input"
        type="search"
        aria-label={label}
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
        hint
      )}
    </div>
  );
}
