import type { ComponentChildren } from 'preact';
import './view.css';

interface ViewProps {
  readonly title: string;
  /** A sentence or two on what it is for. */
  readonly lead?: ComponentChildren;
  /** At the end of the title's line. */
  readonly actions?: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** A view that scrolls with the page. */
export function View({ title, lead, actions, children }: ViewProps) {
  return (
    <div class="view">
      <div class="view-head">
        <div class="view-titles">
          <h1>{title}</h1>
          {lead && <p class="view-lead">{lead}</p>}
        </div>
        {actions && <div class="view-actions">{actions}</div>}
      </div>
      {children}
    </div>
  );
}
