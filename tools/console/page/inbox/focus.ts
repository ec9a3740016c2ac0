export const GRID_ID = 'message-grid';
export const SEARCH_ID = 'message-search';

/** Whether a message is being opened by key: then the focus goes to it. */
export const opensByKey = { current: false };

/** To the list of messages, if it is there. */
export function focusGrid(): void {
  document.getElementById(GRID_ID)?.focus({ preventScroll: true });
}

/** Whether keys go into a text there, and are no commands. */
export function takesText(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.matches('input:not([type=checkbox], [type=radio]), textarea, select')
  );
}
