import { localDay } from './times.ts';

/** Messages of one day to one number. */
export interface DailyCount {
  /** `2026-11-07`, in the time zone of this machine. */
  readonly day: string;
  readonly sms_number: string;
  readonly messages: number;
}

/** Counts messages per day and number. Memory grows with days and numbers, not with messages. */
export class DailyCounts {
  readonly #days = new Map<string, Map<string, number>>();
  total = 0;

  /** @param receivedAt Epoch ms. */
  add(receivedAt: number, number: string): void {
    const day = localDay(receivedAt);
    const numbers = this.#days.get(day) ?? new Map<string, number>();
    this.#days.set(day, numbers);
    numbers.set(number, (numbers.get(number) ?? 0) + 1);
    this.total++;
  }

  /** Every day and number with messages, in order. */
  perDay(): DailyCount[] {
    return [...this.#days]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([day, numbers]) =>
        [...numbers]
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([sms_number, messages]) => ({ day, sms_number, messages })),
      );
  }

  /** Of all days together, the busiest number first. */
  perNumber(): Omit<DailyCount, 'day'>[] {
    const totals = new Map<string, number>();
    for (const { sms_number, messages } of this.perDay()) {
      totals.set(sms_number, (totals.get(sms_number) ?? 0) + messages);
    }
    return [...totals]
      .map(([sms_number, messages]) => ({ sms_number, messages }))
      .toSorted((a, b) => b.messages - a.messages);
  }
}

/** A day on which nothing came, to no number. */
export interface EmptyDay {
  readonly day: string;
  readonly sms_number: null;
  readonly messages: 0;
}

/**
 * Every day of a range, those on which nothing came as well: they are what to look for.
 *
 * @param since Epoch ms; the first day is the one that it is in.
 * @param until Epoch ms; the moment before it belongs to the last day.
 */
export function everyDay(
  counts: readonly DailyCount[],
  { since, until }: { readonly since: number; readonly until: number },
): (DailyCount | EmptyDay)[] {
  const days: (DailyCount | EmptyDay)[] = [];
  const byDay = Map.groupBy(counts, ({ day }) => day);
  const last = localDay(until - 1);
  for (let day = localDay(since); day <= last; day = following(day)) {
    days.push(...(byDay.get(day) ?? [{ day, sms_number: null, messages: 0 } as const]));
  }
  return days;
}

/** By the calendar: days are not 24 hours long twice a year. */
function following(day: string): string {
  const date = new Date(`${day}T00:00Z`);
  date.setUTCDate(date.getUTCDate() + 1);
  return date.toISOString().slice(0, 10);
}
