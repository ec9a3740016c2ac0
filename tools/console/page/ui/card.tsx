import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import './card.css';

interface CardProps {
  readonly title?: ComponentChildren;
  /** Beside the title, at the end of its line. */
  readonly actions?: ComponentChildren;
  /** Without padding: what is in it reaches the edges. */
  readonly isFlush?: boolean;
  readonly children?: ComponentChildren;
}

export function Card({ title, actions, isFlush = false, children }: CardProps) {
  const id = useId();
  return (
    <section class="card" aria-labelledby={title ? id : undefined}>
      {(title || actions) && (
        <div class="card-head">
          {title && (
            <h2 class="card-title" id={id}>
              {title}
            </h2>
          )}
          {actions && <div class="card-actions">{actions}</div>}
        </div>
      )}
      <div class={isFlush ? 'card-body card-flush' : 'card-body'}>{children}</div>
    </section>
  );
}
