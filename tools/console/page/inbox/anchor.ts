import { countNewer, type Place } from './message-list.ts';

/**
 * By how many rows what is being read has moved.
 *
 * @param top The first row that is seen, of the list as it was.
 */
export function rowsMoved(before: readonly Place[], after: readonly Place[], top: number): number {
  const anchor = before[top];
  return anchor ? countNewer(after, anchor) - top : 0;
}
