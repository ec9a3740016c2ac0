import list from './prices.json' with { type: 'json' };

export type Region = 'us-east-1' | 'ap-southeast-2';
export type Priced = keyof typeof list.prices;

/** The day that the price list was put together. */
export const PRICES_DATE = list.date;

export const REGIONS: readonly Region[] = ['ap-southeast-2', 'us-east-1'];

/** US$ for an amount of something. */
export function priceOf(priced: Priced, amount: number, region: Region): number {
  const price = list.prices[priced];
  return (amount * price[region].usd) / price.per;
}

/** The same if the account's free tier has not been used by anything else; per month. */
export function priceAboveFreeTier(priced: Priced, amount: number, region: Region): number {
  return priceOf(priced, Math.max(0, amount - list.prices[priced].free), region);
}

/** How many of the region's prices were read on a page, and how many are from knowledge. */
export function confirmedPrices(region: Region): { readonly read: number; readonly known: number } {
  const all = Object.values(list.prices);
  const known = all.filter((price) => price[region].from === 'knowledge').length;
  return { read: all.length - known, known };
}
