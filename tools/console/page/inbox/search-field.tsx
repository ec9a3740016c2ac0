import { useEffect, useRef, useState } from 'preact/hooks';
import './search-field.css';
import { Button } from '../ui/controls.tsx';
import { Icon } from '../ui/icons.tsx';
import { focusGrid, SEARCH_ID } from './focus.ts';
import { changeFilters, filters } from './inbox.ts';

const DEBOUNCE_MS = 250;

/** Searches the texts, numbers and ids as one types. */
export function SearchField() {
  const wanted = filters.value.search ?? '';
  const [text, setText] = useState(wanted);
  const asked = useRef(wanted);
  useEffect(() => {
    // The address has changed by itself: a link, or the browser's back.
    if (wanted !== asked.current) setText(wanted);
    asked.current = wanted;
  }, [wanted]);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (text === asked.current) return;
      asked.current = text;
      changeFilters({ search: text });
    }, DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const clear = () => {
    setText('');
    asked.current = '';
    changeFilters({ search: undefined });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && text) clear();
    else if (event.key === 'Escape' || event.key === 'ArrowDown') focusGrid();
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
