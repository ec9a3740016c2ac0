/**
 * Of the news, what is not known yet. Things without an id can be alike: of such, as many are taken as
 * there are beyond those known.
 */
export function unknownNews<Item>(
  known: readonly Item[],
  news: readonly Item[],
  keyOf: (item: Item) => string,
): Item[] {
  const interesting = new Set(news.map(keyOf));
  const knownTimes = new Map<string, number>();
  for (const item of known) {
    const key = keyOf(item);
    if (interesting.has(key)) knownTimes.set(key, (knownTimes.get(key) ?? 0) + 1);
  }
  return news.filter((item) => {
    const key = keyOf(item);
    const left = knownTimes.get(key) ?? 0;
    knownTimes.set(key, left - 1);
    return left <= 0;
  });
}

/**
 * A key for each: alike ones are counted from the end, so that an item keeps its key while others are
 * put before it.
 */
export function keysOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): readonly string[] {
  const seen = new Map<string, number>();
  return items
    .toReversed()
    .map((item) => {
      const key = keyOf(item);
      const before = seen.get(key) ?? 0;
      seen.set(key, before + 1);
      return `${key} ${before}`;
    })
    .reverse();
}
