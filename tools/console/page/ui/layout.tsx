import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { Button } from './controls.tsx';
import { plural } from './format.ts';
import { Icon, type IconName } from './icons.tsx';

interface ViewProps {
  readonly title: string;
  /** One or two sentences about its purpose. */
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

interface CardProps {
  readonly title: ComponentChildren;
  /** Beside the title, at the end of its line. */
  readonly actions?: ComponentChildren;
  /** Without padding, so that the content reaches the edges. */
  readonly isFlush?: boolean;
  readonly children?: ComponentChildren;
}

export function Card({ title, actions, isFlush = false, children }: CardProps) {
  const id = useId();
  return (
    <section class="card" aria-labelledby={id}>
      <div class="card-head">
        <h2 class="card-title" id={id}>
          {title}
        </h2>
        {actions && <div class="card-actions">{actions}</div>}
      </div>
      <div class={isFlush ? 'card-body card-flush' : 'card-body'}>{children}</div>
    </section>
  );
}

interface ListCardProps<Item> extends Pick<CardProps, 'title' | 'actions'> {
  /** Undefined until they are known. */
  readonly items: readonly Item[] | undefined;
  /** Why they are not known. */
  readonly error: string | undefined;
  /** How many to show at first, and how many more on each request. Default: all. */
  readonly page?: number;
  /** The noun for an item. Default: `message`. */
  readonly unit?: string;
  /** The text if there are none. */
  readonly empty: ComponentChildren;
  readonly children: (item: Item, place: number) => ComponentChildren;
}

/** A card with a list; each item is about a message. */
export function ListCard<Item>(props: ListCardProps<Item>) {
  const { items, error, page = Number.POSITIVE_INFINITY, unit = 'message', ...others } = props;
  const { empty, children, ...card } = others;
  const [shown, setShown] = useState(page);
  const hidden = (items?.length ?? 0) - shown;
  return (
    <Card {...card} isFlush>
      {!items && <p class="card-notice muted">{error ?? 'Loading…'}</p>}
      {items?.length === 0 && empty}
      <ul>{items?.slice(0, shown).map(children)}</ul>
      {hidden > 0 && (
        <p class="card-notice">
          <Button onClick={() => setShown(shown + page)}>Show more: {plural(hidden, unit)}</Button>
        </p>
      )}
    </Card>
  );
}

interface EmptyStateProps {
  readonly icon: IconName;
  readonly title: string;
  /** What to do to get content here. */
  readonly children?: ComponentChildren;
}

export function EmptyState({ icon, title, children }: EmptyStateProps) {
  return (
    <div class="empty-state">
      <span class="empty-icon">
        <Icon name={icon} size={24} />
      </span>
      <p class="empty-title">{title}</p>
      {children && <div class="empty-text">{children}</div>}
    </div>
  );
}

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'neutral';

interface BadgeProps {
  readonly tone?: Tone;
  /** A separate shape, so that the colour is not the only sign. */
  readonly icon?: IconName;
  readonly title?: string;
  readonly children: ComponentChildren;
}

export function Badge({ tone = 'neutral', icon, title, children }: BadgeProps) {
  return (
    <span class={`badge badge-${tone}`} title={title}>
      {icon && <Icon name={icon} size={12} />}
      {children}
    </span>
  );
}
