import type { Option } from '../command.ts';
import { REGIONS, type Region } from './prices.ts';

/** Where what is priced is deployed. */
export const regionOption: Option<Region> = {
  fallback: REGIONS[0] ?? '',
  parse: (text) => {
    const found = REGIONS.find((name) => name === text);
    if (!found) throw new Error(`takes ${REGIONS.join(' or ')}`);
    return found;
  },
};
