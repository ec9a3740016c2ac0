import type { ComponentChildren, Ref } from 'preact';
import { backToList } from '../inbox/inbox.ts';
import { Button } from '../ui/controls.tsx';

interface DetailBarProps {
  readonly title: ComponentChildren;
  readonly headingRef?: Ref<HTMLHeadingElement>;
  readonly actions?: ComponentChildren;
}

/** Above what is open: what it is, what can be done with it, and the way back. */
export function DetailBar({ title, headingRef = null, actions }: DetailBarProps) {
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
      <h2 class="detail-title" ref={headingRef} tabIndex={-1}>
        {title}
      </h2>
      {actions && <div class="detail-actions">{actions}</div>}
    </div>
  );
}
