import { useEffect } from 'preact/hooks';
import './inbox-view.css';
import { stack } from '../live.ts';
import { ConversationView } from '../message/conversation-view.tsx';
import { MessageView } from '../message/message-view.tsx';
import { type Route, route } from '../route.ts';
import { FilterBar } from './filter-bar.tsx';
import { focusGrid, SEARCH_ID, takesText } from './focus.ts';
import { backToList, filters, inbox, showInbox } from './inbox.ts';
import { ListStatus } from './list-status.tsx';
import { MessageGrid } from './message-grid.tsx';
import { NoMessages } from './no-messages.tsx';
import { NothingOpen } from './nothing-open.tsx';

/** The list, and beside it what is open: on narrow screens one of them. */
export function InboxView() {
  const current = route.value;
  const wanted = filters.value;
  useEffect(() => showInbox(wanted), [wanted]);
  useEffect(() => {
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  const isOpen = current.view !== 'inbox';
  const { messages, next, status, error } = inbox.state.value;
  return (
    <div class={isOpen ? 'inbox inbox-open' : 'inbox'}>
      <h1 class="visually-hidden">Inbox</h1>
      <section class="inbox-list" aria-label="List" aria-busy={status === 'loading'}>
        <FilterBar />
        {messages.length > 0 || status === 'loading' ? (
          <MessageGrid />
        ) : (
          <NoMessages
            stack={stack.value}
            isFiltered={Object.keys(wanted).length > 0}
            hasMore={next !== undefined}
            error={error}
          />
        )}
        <ListStatus />
      </section>
      <section class="inbox-detail" aria-label="What is open">
        <Open route={current} />
      </section>
    </div>
  );
}

function Open({ route: current }: { readonly route: Route }) {
  if (current.view === 'message') return <MessageView key={current.id} id={current.id} />;
  if (current.view === 'conversation') {
    const { from, to } = current;
    return <ConversationView key={JSON.stringify([from, to])} from={from} to={to} />;
  }
  return <NothingOpen canReplay={stack.value?.canReplay ?? false} />;
}

/** The keys that work wherever one is in the inbox. */
function onKey(event: KeyboardEvent): void {
  if (takesText(event.target) || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === '/') {
    if (route.peek().view !== 'inbox') backToListOnNarrow();
    event.preventDefault();
    requestAnimationFrame(() => document.getElementById(SEARCH_ID)?.focus());
  } else if (event.key === 'Escape' && route.peek().view !== 'inbox') {
    event.preventDefault();
    backToList();
    // It may be hidden until the page has been brought up to date.
    requestAnimationFrame(focusGrid);
  }
}

/** Where the search is not seen beside what is open. */
function backToListOnNarrow(): void {
  const search = document.getElementById(SEARCH_ID);
  if (search && !search.checkVisibility({ visibilityProperty: true })) backToList();
}
