/**
 * Where a key leads in a list.
 *
 * @param place Where one is; -1 before the first key.
 * @param pageSize Rows that are seen at once.
 * @returns Nothing, if the key leads nowhere.
 */
export function placeAfterKey(
  key: string,
  place: number,
  { count, pageSize }: { readonly count: number; readonly pageSize: number },
): number | undefined {
  if (count === 0) return undefined;
  const last = count - 1;
  const within = (to: number) => Math.max(0, Math.min(last, to));
  switch (key) {
    case 'ArrowDown':
      return within(place + 1);
    case 'ArrowUp':
      return within(place - 1);
    case 'PageDown':
      return within(Math.max(0, place) + pageSize);
    case 'PageUp':
      return within(place - pageSize);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return undefined;
  }
}
