import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { backToList, HEADING_ID, opensByKey } from '../inbox/inbox.ts';
import { Button } from '../ui/controls.tsx';

interface DetailBarProps {
  readonly title: ComponentChildren;
  /** The key of the open item. Another item gets a new heading. */
  readonly id: string;
  readonly actions?: ComponentChildren;
}

/** The bar above an open item: its title, its actions and the way back. */
export function DetailBar({ title, id, actions }: DetailBarProps) {
  useFocusOnOpening(id);
  return (
    <div class="detail-bar">
      <Button
        kind="plain"
        size="small"
        icon="back"
        aria-label="Back to the list"
        title="Back to the list (Esc)"
        onClick={backToList}
      />
      <h2 class="detail-title" id={HEADING_ID} key={id} tabIndex={-1}>
        {title}
      </h2>
      {actions && <div class="detail-actions">{actions}</div>}
    </div>
  );
}

/** Takes the focus if nothing visible has it, or if a key opened the item. */
function useFocusOnOpening(id: string): void {
  useEffect(() => {
    const focused = document.activeElement;
    const isNowhere =
      focused === null ||
      focused === document.body ||
      !focused.checkVisibility({ visibilityProperty: true });
    if (opensByKey.current || isNowhere) {
      document.getElementById(HEADING_ID)?.focus({ preventScroll: true });
    }
    opensByKey.current = false;
  }, [id]);
}
