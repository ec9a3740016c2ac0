import type { ThrottleSettings } from '../../local/throttle.ts';
import { billOf, type Charge, type Retention, total } from '../cost/bill.ts';
import type { Region } from '../cost/prices.ts';
import { times, type Usage } from '../cost/usage.ts';

const SECONDS_A_DAY = 86_400;

/** What a day of requests costs, US$. */
export interface DayBill {
  readonly requests: number;
  /** Paid for the day itself. */
  readonly spent: number;
  /** For what the day leaves behind, over the whole time that it is kept. */
  readonly kept: number;
}

/** The most that a throttle lets through in a day, each request as dear as `usage`. */
export function dayBill(
  usage: Usage,
  { rate, burst }: ThrottleSettings,
  retention: Retention,
  region: Region,
): DayBill {
  const requests = rate * SECONDS_A_DAY + burst;
  const bill = billOf(times(requests, usage), retention, region);
  const isKept = ({ name }: Charge) => /: (kept|point-in-time recovery)$/.test(name);
  return {
    requests,
    spent: total(bill.filter((charge) => !isKept(charge))).usd,
    kept: total(bill.filter(isKept)).usd,
  };
}

/** What a request without the token uses: it is refused before any call, and logged. */
export function refusedUsage(message: Usage, gbSeconds: number): Usage {
  return { ...message, gbSeconds, writes: 0, publishes: 0, recordBytes: 0, indexBytes: 0 };
}
