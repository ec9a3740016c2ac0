// biome-ignore-all lint/a11y/useSemanticElements: a windowed list is no table
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualizerOptions,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';
import type { MessageSummary } from '../../protocol.ts';
import { stack } from '../live.ts';
import { messageHash, route } from '../route.ts';
import { Button } from '../ui/controls.tsx';
import { plural } from '../ui/format.ts';
import { isPrinting } from '../ui/printing.ts';
import {
  active,
  finder,
  focusGrid,
  GRID_ID,
  HEADING_ID,
  inbox,
  moveTo,
  openMessage,
  opensByKey,
  queryIn,
  revealed,
  scrolled,
} from './inbox.ts';
import { countNewer, type Place, placeAfterKey, rowsMoved } from './message-list.ts';
import { MessageRow, ROW_HEIGHT, rowId } from './message-row.tsx';
import { clearSelection, select, selection, selectTo, toggleSelected } from './replay.ts';

/** Older messages are loaded when this many rows are left. */
const ROWS_AHEAD = 30;
/** Rows beyond the edges, so that none is missing during fast scrolling. */
const OVERSCAN = 12;

/** The list: a grid with rows for the visible part. Arrow keys move, Enter opens, Space selects. */
export function MessageGrid() {
  const { messages, next, isCutShort, status } = inbox.state.value;
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualRows(messages.length, scroller);
  useStillReading(messages, scroller);
  const isAtTop = (virtualizer.scrollOffset ?? 0) < ROW_HEIGHT / 2;
  const newestSeen = useRef<Place>(undefined);
  if (isAtTop || !newestSeen.current) newestSeen.current = messages[0];
  const unseen = newestSeen.current ? countNewer(messages, newestSeen.current) : 0;
  const seen = virtualizer.getVirtualItems();
  const lastRow = seen.at(-1)?.index ?? 0;
  const rows = isPrinting.value ? messages.map((_, index) => ({ index })) : seen;
  // A search that ended its page early continues only on request.
  const goesOn = next !== undefined && !isCutShort;
  useEffect(() => {
    if (goesOn && lastRow >= messages.length - ROWS_AHEAD) inbox.loadOlder();
  }, [goesOn, lastRow, messages.length]);

  const canSelect = stack.value?.canReplay ?? false;
  const open = route.value.view === 'message' ? route.value.id : undefined;
  const query = queryIn(route.value);
  const at = placeOf(messages, active.value);
  const isActiveThere = rows.some(({ index }) => index === at);

  const toReveal = revealed.value;
  useLayoutEffect(() => {
    const index = placeOf(messages, toReveal);
    if (index >= 0) virtualizer.scrollToIndex(index);
  }, [toReveal]);

  const onKeyDown = (event: KeyboardEvent) => {
    const { key } = event;
    const hasModifier = event.altKey || event.ctrlKey || event.metaKey;
    const rowsSeen = Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT);
    const pageSize = Math.max(1, rowsSeen - 1);
    const to = placeAfterKey(key, at, { count: messages.length, pageSize });
    const message = messages[at];
    if (to !== undefined && !hasModifier) {
      if (messages[to]) moveTo(messages[to]);
    } else if (key === 'Enter' && message) {
      openByKey(message);
    } else if (canSelect && message && key === ' ') {
      toggleSelected(message);
    } else if (canSelect && key === 'a' && (event.ctrlKey || event.metaKey)) {
      select(messages);
    } else if (key === 'Escape' && selection.peek().size > 0) {
      event.stopPropagation();
      clearSelection();
    } else if (key !== ' ') {
      return;
    }
    event.preventDefault();
  };

  return (
    <div class={status === 'loading' ? 'message-list list-stale' : 'message-list'}>
      {status === 'loading' && <div class="list-progress" aria-hidden="true" />}
      {unseen > 0 && !isAtTop && (
        <div class="message-unseen">
          <Button
            kind="primary"
            size="small"
            icon="up"
            onClick={() => {
              virtualizer.scrollToOffset(0);
              focusGrid();
            }}
          >
            {plural(unseen, 'new message')}
          </Button>
        </div>
      )}
      <div
        role="grid"
        id={GRID_ID}
        class="message-grid"
        ref={scroller}
        tabIndex={0}
        aria-label="Messages"
        aria-rowcount={next === undefined ? messages.length : -1}
        aria-multiselectable={canSelect}
        aria-activedescendant={
          isActiveThere && active.value ? rowId(active.value.message_id) : undefined
        }
        onKeyDown={onKeyDown}
        onFocus={() => {
          if (!active.peek()) active.value = messages[virtualizer.range?.startIndex ?? 0];
        }}
        onScroll={(event) => {
          scrolled.offset = event.currentTarget.scrollTop;
        }}
      >
        <div
          role="rowgroup"
          class="message-rows"
          style={{ height: `${virtualizer.getTotalSize()}px` }}
        >
          {rows.map(({ index }) => {
            const message = messages[index];
            if (!message) return null;
            const { message_id } = message;
            return (
              <MessageRow
                key={message_id}
                message={message}
                href={messageHash(message_id, query)}
                index={index}
                isActive={index === at}
                isOpen={message_id === open}
                isSelected={selection.value.has(message_id)}
                canSelect={canSelect}
                finder={finder.value}
                onOpen={onOpen}
                onSelect={onSelect}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

function onOpen(message: MessageSummary): void {
  active.value = message;
  openMessage(message);
  // The keys continue there. Narrow screens no longer show it.
  focusGrid();
}

/** Opens a message and moves the focus to it. */
function openByKey(message: MessageSummary): void {
  const current = route.peek();
  const isOpen = current.view === 'message' && current.id === message.message_id;
  opensByKey.current = !isOpen;
  openMessage(message);
  if (isOpen) document.getElementById(HEADING_ID)?.focus({ preventScroll: true });
}

function onSelect(message: MessageSummary, isRange: boolean): void {
  active.value = message;
  focusGrid();
  if (isRange) selectTo(message, inbox.state.peek().messages);
  else toggleSelected(message);
}

function placeOf(messages: readonly Place[], place: Place | undefined): number {
  if (!place) return -1;
  const index = countNewer(messages, place);
  return messages[index]?.message_id === place.message_id ? index : -1;
}

type Scroller = RefObject<HTMLElement | null>;

/** The rows to render at the current scroll position. */
function useVirtualRows(count: number, scroller: Scroller): Virtualizer<HTMLElement, HTMLElement> {
  const [, rerender] = useReducer<number, undefined>((renders) => renders + 1, 0);
  const options: VirtualizerOptions<HTMLElement, HTMLElement> = {
    count,
    estimateSize: () => ROW_HEIGHT,
    getScrollElement: () => scroller.current,
    initialOffset: scrolled.offset,
    overscan: OVERSCAN,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => rerender(undefined),
  };
  const [virtualizer] = useState(() => new Virtualizer(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  return virtualizer;
}

/** The visible messages stay in place when messages arrive above them. */
function useStillReading(messages: readonly MessageSummary[], scroller: Scroller): void {
  const before = useRef(messages);
  useLayoutEffect(() => {
    const element = scroller.current;
    const known = before.current;
    before.current = messages;
    if (!element || known === messages || element.scrollTop < ROW_HEIGHT / 2) return;
    const top = Math.floor(element.scrollTop / ROW_HEIGHT);
    element.scrollTop += rowsMoved(known, messages, top) * ROW_HEIGHT;
  }, [messages, scroller]);
}
