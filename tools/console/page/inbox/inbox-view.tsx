import { useEffect, useRef } from 'preact/hooks';
import './inbox.css';
import { stack } from '../live.ts';
import { ConversationView } from '../message/conversation-view.tsx';
import { MessageView } from '../message/message-view.tsx';
import { type Route, route } from '../route.ts';
import { Button, OlderButton } from '../ui/controls.tsx';
import { count, plural } from '../ui/format.ts';
import { isTyping } from '../ui/keys.tsx';
import { isModalShown } from '../ui/notices.tsx';
import { Time } from '../ui/time.tsx';
import { NoMessages, NothingOpen } from './empty.tsx';
import { ExportDialog, isExporting } from './export-dialog.tsx';
import { FilterBar, SEARCH_ID } from './filter-bar.tsx';
import { activeMessage, backToList, filters, focusGrid, inbox, showInbox, step } from './inbox.ts';
import { MessageGrid } from './message-grid.tsx';
import { PrintHead } from './print-head.tsx';
import { asked, clearSelection, selection, toggleSelected } from './replay.ts';
import { ReplayDialog } from './replay-dialog.tsx';

/** The list, and beside it the open message. Narrow screens show one of the two. */
export function InboxView() {
  const current = route.value;
  const wanted = filters.value;
  useEffect(() => showInbox(wanted), [wanted]);
  useEffect(() => {
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  const opened = current.view === 'message' ? current.id : current.view;
  // A short window scrolls as a whole, so scroll to the top of the opened message.
  useEffect(() => scrollTo(0, 0), [opened]);
  const { messages, next, status, error } = inbox.state.value;
  return (
    <div class={current.view === 'inbox' ? 'inbox' : 'inbox inbox-open'}>
      <h1 class="visually-hidden">Inbox</h1>
      <section class="inbox-list" aria-label="List" aria-busy={status === 'loading'}>
        <PrintHead extent={extentText(messages.length, next !== undefined)} />
        <FilterBar />
        {messages.length > 0 || status === 'loading' ? (
          <MessageGrid />
        ) : (
          <NoMessages
            stack={stack.value}
            search={wanted.search}
            isFiltered={Object.keys(wanted).length > 0}
            hasMore={next !== undefined}
            error={error}
          />
        )}
        <div class="list-status">{selection.value.size > 0 ? <SelectionBar /> : <ReadBar />}</div>
      </section>
      <section class="inbox-detail" aria-label="What is open">
        <Open route={current} />
      </section>
      {asked.value && <ReplayDialog messages={asked.value} />}
      {isExporting.value && <ExportDialog />}
    </div>
  );
}

function Open({ route: current }: { readonly route: Route }) {
  if (current.view === 'message') return <MessageView id={current.id} />;
  if (current.view === 'conversation') {
    const { from, to } = current;
    return <ConversationView key={JSON.stringify([from, to])} from={from} to={to} />;
  }
  return stack.value ? <NothingOpen canReplay={stack.value.canReplay} /> : null;
}

/** The number of listed messages. */
function ReadBar() {
  const { messages, next, searchedTo, status, isLoadingOlder, isCutShort, error } =
    inbox.state.value;
  if (error !== undefined) {
    return (
      <>
        <p class="list-error" role="alert">
          {error}
        </p>
        <Button size="small" onClick={inbox.refresh}>
          Try again
        </Button>
      </>
    );
  }
  const isAsking = status === 'loading' || (isLoadingOlder && isCutShort);
  const isBusy = status === 'loading' || isLoadingOlder;
  return (
    <>
      <p class="figures">
        {isBusy ? 'Loading…' : extentText(messages.length, next !== undefined)}
        {!isBusy && isCutShort && searchedTo !== undefined && (
          <>
            , searched back to <Time at={searchedTo} />
          </>
        )}
      </p>
      <FoundText text={isAsking ? '' : extentText(messages.length, next !== undefined)} />
      {isCutShort && (
        <OlderButton size="small" isBusy={isBusy} onClick={inbox.loadOlder} onGone={focusGrid}>
          Search older
        </OlderButton>
      )}
      {messages.length > 0 && <ExportButton label="Export" />}
    </>
  );
}

function ExportButton({ label }: { readonly label: string }) {
  const open = () => {
    isExporting.value = true;
  };
  return (
    <Button kind="plain" size="small" onClick={open}>
      {label}
    </Button>
  );
}

/**
 * Announces the result of a search or filter once, because live messages change the count all the
 * time.
 */
function FoundText({ text }: { readonly text: string }) {
  const said = useRef('');
  if (text === '') said.current = '';
  else if (said.current === '') said.current = text;
  return (
    <p class="visually-hidden" role="status">
      {said.current}
    </p>
  );
}

/** `1 message`; `First 100 loaded` if there are more. */
function extentText(length: number, hasMore: boolean): string {
  if (length === 0) return hasMore ? 'None found yet' : 'No messages';
  return hasMore ? `First ${count(length)} loaded` : plural(length, 'message');
}

function SelectionBar() {
  const ids = selection.value;
  const askToReplay = () => {
    asked.value = inbox.state.peek().messages.filter(({ message_id }) => ids.has(message_id));
  };
  return (
    <>
      <p role="status">{count(ids.size)} selected</p>
      <Button kind="plain" size="small" onClick={clearSelection}>
        Clear
      </Button>
      {/* It does not go by the selection. */}
      <ExportButton label="Export all" />
      <Button kind="primary" size="small" icon="replay" onClick={askToReplay}>
        Replay {plural(ids.size, 'message')}
      </Button>
    </>
  );
}

/** The keys that work everywhere in the inbox except in text fields. */
function onKey(event: KeyboardEvent): void {
  const { key } = event;
  if (isTyping(event) || isModalShown()) return;
  const isOpen = route.peek().view !== 'inbox';
  if (key === 'j' || key === 'k') {
    step(key === 'j' ? 'older' : 'newer');
    // The list's own keys go on from there, where it is seen.
    focusGrid();
  } else if (key === 'x' && stack.peek()?.canReplay) {
    const message = activeMessage();
    if (message) toggleSelected(message);
  } else if (key === '/') {
    const search = document.getElementById(SEARCH_ID);
    // Narrow screens hide it beside an open message.
    if (isOpen && search && !search.checkVisibility({ visibilityProperty: true })) backToList();
    requestAnimationFrame(() => search?.focus());
  } else if (key === 'Escape' && isOpen) {
    backToList();
  } else {
    return;
  }
  event.preventDefault();
}
