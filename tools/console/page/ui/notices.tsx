import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { Button } from './controls.tsx';
import { Icon } from './icons.tsx';

interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** The buttons; the one that confirms comes last. */
  readonly actions: ComponentChildren;
  /** Escape calls it, too. */
  readonly onClose: () => void;
}

/**
 * A dialog above everything else. The browser keeps the focus in it, and restores the focus
 * afterwards.
 */
export function Dialog({ title, children, actions, onClose }: DialogProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // Not a part that scrolls, which may come before.
    element?.querySelector<HTMLElement>('.dialog-actions button')?.focus();
    return () => element?.close();
  }, []);
  return (
    <dialog
      class="dialog"
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event: Event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event: KeyboardEvent) => event.stopPropagation()}
    >
      <h2 id={id}>{title}</h2>
      <div class="dialog-text">{children}</div>
      <div class="dialog-actions">{actions}</div>
    </dialog>
  );
}

/** Whether a dialog is open. Then keys do not act on the content below. */
export function isModalShown(): boolean {
  return document.querySelector('dialog[open]') !== null;
}

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'good' | 'bad';
  readonly link?: ToastLink | undefined;
}

/** Where the notice leads. */
interface ToastLink {
  readonly text: string;
  readonly href: string;
}

const SHOWN_MS = 8_000;
const toasts = signal<readonly Toast[]>([]);
let lastId = 0;

/**
 * Shows a notice for a while, and announces it to screen readers. An error or a notice with a link
 * stays until it is closed.
 */
export function toast(text: string, tone: Toast['tone'], link?: ToastLink): void {
  const id = ++lastId;
  toasts.value = [...toasts.value.slice(-3), { id, text, tone, link }];
  if (tone !== 'bad' && !link) setTimeout(() => putAway(id), SHOWN_MS);
}

function putAway(id: number): void {
  toasts.value = toasts.value.filter((shown) => shown.id !== id);
}

/** The notices. Rendered once in the page. */
export function Toasts() {
  return (
    <section class="toasts" aria-label="Notices" aria-live="polite">
      {toasts.value.map(({ id, text, tone, link }) => (
        <div class={`toast toast-${tone}`} key={id}>
          <span class="toast-sign">
            <Icon name={tone === 'good' ? 'check' : 'alert'} size={14} />
          </span>
          <p class="toast-text">
            {text}
            {link && (
              <>
                {' '}
                <a href={link.href} onClick={() => putAway(id)}>
                  {link.text}
                </a>
              </>
            )}
          </p>
          <Button
            kind="plain"
            size="small"
            icon="close"
            aria-label="Close the notice"
            onClick={() => putAway(id)}
          />
        </div>
      ))}
    </section>
  );
}
