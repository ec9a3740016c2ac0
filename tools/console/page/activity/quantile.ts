/**
 * The smallest of the values that at least a share of them does not exceed (nearest rank).
 *
 * @param sorted Ascending.
 * @param share Above 0, 1 at most.
 * @returns Nothing, if there are no values.
 */
export function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}
