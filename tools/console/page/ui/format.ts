const NUMBER = new Intl.NumberFormat('en');
const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const DAY_AND_YEAR = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});

/** `5,000` */
export function count(value: number): string {
  return NUMBER.format(value);
}

/** `1 message`, `5,000 messages` */
export function plural(value: number, one: string): string {
  return `${count(value)} ${value === 1 ? one : `${one}s`}`;
}

/** `12 ms`, `1.2 s`, `98 s`, `3 min 20 s`, `2 h 5 min` */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
}

/** By a clock with whole seconds, such as the PBX's: `less than 1 s`, `about 3 s`, `about 3 min 20 s`. */
export function aboutDuration(ms: number): string {
  if (ms < 1_000) return 'less than 1 s';
  const seconds = Math.round(ms / 1_000);
  return `about ${seconds < 10 ? `${seconds} s` : duration(seconds * 1_000)}`;
}

/** `17:38:05` */
export function timeOfDay(at: number): string {
  return TIME.format(at);
}

/** `24 Nov`, with the year if it is not this year. */
export function day(at: number, now: number): string {
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return (isThisYear ? DAY : DAY_AND_YEAR).format(at);
}

/** The time of day, and the day unless it is today: `17:38:05`, `23 Nov, 17:38`. */
export function shortTime(at: number, now: number): string {
  return isSameDay(at, now) ? timeOfDay(at) : `${day(at, now)}, ${timeOfDay(at).slice(0, 5)}`;
}

/** Where this is. */
export function isSameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** To the millisecond, with the day unless it is today: `17:38:05.123`, `23 Nov, 17:38:05.123`. */
export function exactTime(at: number, now: number): string {
  const ms = String(new Date(at).getMilliseconds()).padStart(3, '0');
  const time = `${timeOfDay(at)}.${ms}`;
  return isSameDay(at, now) ? time : `${day(at, now)}, ${time}`;
}

/** `24 Nov 2026, 17:38:05` */
export function second(at: number): string {
  return `${DAY_AND_YEAR.format(at)}, ${timeOfDay(at)}`;
}

/** `24 Nov 2026, 17:38:05.123` */
export function fullTime(at: number): string {
  return `${DAY_AND_YEAR.format(at)}, ${exactTime(at, at)}`;
}

/** A time that somebody set: without milliseconds if it has none. */
export function setTime(at: number): string {
  return at % 1_000 === 0 ? second(at) : fullTime(at);
}

/** `just now`, `40 s ago`, `3 min ago`, `5 h ago`, `2 days ago`. Clocks that differ a little do not matter. */
export function ago(at: number, now: number): string {
  const seconds = Math.floor((now - at) / 1_000);
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`;
  return `${plural(Math.floor(seconds / 86_400), 'day')} ago`;
}

/** JSON with line breaks and indents. Other text stays as it is. */
export function prettyJson(text: string): string {
  const value = parsedJson(text);
  return value === undefined ? text : JSON.stringify(value, null, 2);
}

/** The value of a JSON text. Undefined if it is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
