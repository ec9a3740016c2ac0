import { InvalidArgumentError } from '@commander-js/extra-typings';

/** A moment, or one or more days: from `start` until before `end`, epoch ms. */
export interface Period {
  readonly start: number;
  readonly end: number;
}

export const TIME_HELP =
  'such as 2026-11-07, 2026-11-07T10:30, 14:30, today, yesterday, monday, or 90m, 12h, 7d ago';

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/**
 * Reads a time as people write it, in the time zone of this machine. A day is a period, so that both
 * `--since` and `--until` include it. Anything else is a moment. `monday` is the last Monday, which may be
 * today. `14:30` is the last time that the clock showed it.
 *
 * @param now Epoch ms.
 * @throws {InvalidArgumentError} For the parser to say.
 */
export function parsePeriod(text: string, now = Date.now()): Period {
  const [, amount, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (amount && unit) {
    // No message is older than 1970, and `localDay` knows no negative year.
    return moment(Math.max(0, now - Number(amount) * UNITS[unit as keyof typeof UNITS]));
  }
  if (text === 'now') return moment(now);
  if (text === 'today') return day(new Date(now), 0);
  if (text === 'yesterday') return day(new Date(now), -1);
  const weekday = WEEKDAYS.indexOf(text.toLowerCase());
  if (weekday >= 0) return day(new Date(now), -((new Date(now).getDay() - weekday + 7) % 7));
  if (/^\d{1,2}:\d{2}$/.test(text)) return moment(latest(text.padStart(5, '0'), now));
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return day(wallClock(text, '00:00'), 0);
  const [, date, time, zone] =
    /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:?\d{2})?$/.exec(
      text,
    ) ?? [];
  if (date && time) return moment(wallClock(date, time, zone).getTime());
  throw new InvalidArgumentError(`It must be a time, ${TIME_HELP}.`);
}

/** The last time that the clock showed this: today, or yesterday if today's is still to come. */
function latest(time: string, now: number): number {
  const today = wallClock(localDay(now), time).getTime();
  if (today <= now) return today;
  return wallClock(localDay(day(new Date(now), -1).start), time).getTime();
}

/**
 * The last whole days in the time zone of this machine, today included.
 *
 * @param now Epoch ms.
 */
export function wholeDays(count: number, now = Date.now()): Period {
  const { start } = day(new Date(now), 1 - count);
  return { start, end: day(new Date(now), 0).end };
}

/** As people read it, in the time zone of this machine: `2026-11-07 10:30:00`. */
export function localTime(time: number): string {
  return `${localDay(time)} ${new Date(time).toTimeString().slice(0, 8)}`;
}

/** The day of a time in the time zone of this machine: `2026-11-07`. */
export function localDay(time: number): string {
  const date = new Date(time);
  const parts = [date.getMonth() + 1, date.getDate()].map((n) => String(n).padStart(2, '0'));
  return [String(date.getFullYear()).padStart(4, '0'), ...parts].join('-');
}

function moment(time: number): Period {
  return { start: time, end: time };
}

/** By the calendar, because two days a year do not have 24 hours. */
function day(date: Date, offset: number): Period {
  const at = (days: number) =>
    new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime();
  return { start: at(offset), end: at(offset + 1) };
}

/** Without a zone, in the zone of this machine. JavaScript itself turns 30 February into a day in March. */
function wallClock(date: string, time: string, zone = ''): Date {
  const parsed = new Date(`${date}T${time}${zone}`);
  const isReal = new Date(`${date}T00:00Z`).getUTCDate() === Number(date.slice(-2));
  if (Number.isNaN(parsed.getTime()) || !isReal) {
    throw new InvalidArgumentError('There is no such day or time.');
  }
  return parsed;
}
