/** How long a page must be out of sight. */
export const HIDDEN_MS = 30_000;

/**
 * Stops what a page that nobody sees should not go on with, and takes it up when somebody does: a tab
 * that was forgotten would go on reading the table, and keep one of the browser's few connections.
 */
export function restWhenHidden(
  page: EventTarget & { readonly hidden: boolean },
  stop: () => void,
  resume: () => void,
): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  page.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (page.hidden) timer = setTimeout(stop, HIDDEN_MS);
    else resume();
  });
}
