import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { backToList, HEADING_ID, opensByKey } from '../inbox/inbox.ts';
import { Button } from '../ui/controls.tsx';

interface DetailBarProps {
  readonly title: ComponentChildren;
  /** Of what is open: the heading is a new one for another. */
  readonly id: string;
  readonly actions?: ComponentChildren;
}

/** Above what is open: what it is, what can be done with it, and the way back. */
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

/** The focus comes along where it would be on nothing that is seen, or if a key opened it. */
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
