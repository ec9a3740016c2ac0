import { signal } from '@preact/signals';

/** Whether the page is being printed. A list then has all its rows. */
export const isPrinting = signal(false);

addEventListener('beforeprint', () => {
  isPrinting.value = true;
});
addEventListener('afterprint', () => {
  isPrinting.value = false;
});
