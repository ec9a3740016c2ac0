// biome-ignore-all lint/a11y/useSemanticElements: the rows of a windowed list are no table’s
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and tells the active row
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the grid takes the keys
import { Component } from 'preact';
import type { MessageSummary } from '../../protocol.ts';
import type { Finder } from '../../search.ts';
import { Time } from '../ui/time.tsx';
import { BodyText, Marks, Numbers, oneLine } from './message-parts.tsx';

export const ROW_HEIGHT = 48;

interface MessageRowProps {
  readonly message: MessageSummary;
  /** The row's link, which the browser can open in another tab or window. */
  readonly href: string;
  readonly index: number;
  /** The arrow keys are at it. */
  readonly isActive: boolean;
  /** Whether it is shown beside the list. */
  readonly isOpen: boolean;
  readonly isSelected: boolean;
  readonly canSelect: boolean;
  /** The search's matches. */
  readonly finder: Finder | undefined;
  readonly onOpen: (message: MessageSummary) => void;
  readonly onSelect: (message: MessageSummary, isRange: boolean) => void;
}

export function rowId(messageId: string): string {
  return `message-${messageId}`;
}

/**
 * A message in the list, rendered again only if one of its properties changes. The grid has the
 * keyboard's focus, and the rows handle the mouse.
 */
export class MessageRow extends Component<MessageRowProps> {
  override shouldComponentUpdate(next: MessageRowProps): boolean {
    const names = Object.keys(next) as (keyof MessageRowProps)[];
    return names.some((name) => this.props[name] !== next[name]);
  }

  override render(props: MessageRowProps) {
    const {
      message,
      href,
      index,
      isActive,
      isOpen,
      isSelected,
      canSelect,
      finder,
      onOpen,
      onSelect,
    } = props;
    const { message_id, from, sms_number, body, received_at } = message;
    const marks = [isActive && 'row-active', isOpen && 'row-open', isSelected && 'row-selected'];
    return (
      <div
        role="row"
        id={rowId(message_id)}
        class={['row', ...marks].filter(Boolean).join(' ')}
        style={{ height: `${ROW_HEIGHT}px`, transform: `translateY(${index * ROW_HEIGHT}px)` }}
        aria-rowindex={index + 1}
        aria-selected={canSelect ? isSelected : undefined}
        aria-current={isOpen ? 'true' : undefined}
      >
        <div role="gridcell" class="row-cell">
          <a
            class="row-main"
            href={href}
            tabIndex={-1}
            draggable={false}
            onMouseDown={({ clientX, clientY }) => {
              pressed = { clientX, clientY };
            }}
            onClick={(event) => {
              // The browser opens it in another tab or window.
              if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
              event.preventDefault();
              if (!endsSelection(event)) onOpen(message);
            }}
          >
            <div class="row-line">
              <Numbers from={from} to={sms_number} finder={finder} />
              <span class="row-time">
                <Time at={received_at} />
              </span>
            </div>
            <div class="row-line">
              <p class="row-body">
                <BodyText text={oneLine(body)} finder={finder} />
              </p>
              <span class="row-marks">
                <Marks message={message} />
              </span>
            </div>
          </a>
        </div>
        {canSelect && (
          <div
            role="gridcell"
            class="row-select"
            // The focus stays at the grid.
            onMouseDown={(event) => event.preventDefault()}
            onClick={(event) => {
              event.stopPropagation();
              onSelect(message, event.shiftKey);
            }}
          >
            <input
              type="checkbox"
              class="row-checkbox"
              tabIndex={-1}
              checked={isSelected}
              aria-label="Select for replay"
            />
          </div>
        )}
      </div>
    );
  }
}

/** Where the mouse was pressed last. */
let pressed = { clientX: 0, clientY: 0 };
/** During a click, the mouse moves less than this, px. */
const MOVED = 4;

/** Whether a click ended the selection of a text. */
function endsSelection({ clientX, clientY }: MouseEvent): boolean {
  const moved = Math.hypot(clientX - pressed.clientX, clientY - pressed.clientY);
  return moved > MOVED && getSelection()?.isCollapsed === false;
}
