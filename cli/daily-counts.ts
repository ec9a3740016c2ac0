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

/**
 * The days without any message too, from the first with one to the end of the range: a day on which
 * nothing came is what to look for.
 *
 * @param until Epoch ms.
 */
export function withEmptyDays(counts: readonly DailyCount[], until: number): DailyCount[] {
  const filled: DailyCount[] = [];
  const last = localDay(until);
  let day = counts[0]?.day ?? last;
  for (const count of counts) {
    for (; day < count.day; day = following(day)) filled.push(emptyDay(day));
    filled.push(count);
    day = following(count.day);
  }
  for (; counts.length > 0 && day <= last; day = following(day)) filled.push(emptyDay(day));
  return filled;
}

function emptyDay(day: string): DailyCount {
  return { day, sms_number: '', messages: 0 };
}

function following(day: string): string {
  const date = new Date(`${day}T00:00Z`);
  date.setUTCDate(date.getUTCDate() + 1);
  return date.toISOString().slice(0, 10);
}
