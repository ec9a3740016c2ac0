import type { Filters } from './inbox/filters.ts';

/** How people call the command line: in the folder of inbound-sms. */
const CALLED = 'bin/inbound-sms';

/** The command that shows a message. @param selector The options that name its stack. */
export function showCommand(messageId: string, selector: string): string {
  // Behind `--` an id may begin with a hyphen.
  const id = messageId.startsWith('-') ? ['--', quoted(messageId)] : [quoted(messageId)];
  return [CALLED, 'show', selector, ...id].filter(Boolean).join(' ');
}

/**
 * The command that exports what these filters let through. Nothing, if the command line has no such filter.
 *
 * @param since When the time span of the filters begins, epoch ms.
 */
export function exportCommand(
  { search, state, replay, from, to, undelivered, until }: Filters,
  since: number | undefined,
  format: string,
  selector: string,
): string | undefined {
  if ([search, state, replay].some((filter) => filter !== undefined)) return undefined;
  const options = {
    ...{ from, to, undelivered },
    since: since === undefined ? undefined : new Date(since).toISOString(),
    until: until === undefined ? undefined : new Date(until).toISOString(),
    format,
  };
  const given = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${quoted(value)}`],
  );
  return [CALLED, 'export', selector, ...given, '>', `messages.${format}`]
    .filter(Boolean)
    .join(' ');
}

/** As a POSIX shell takes it, in one word. */
function quoted(text: string): string {
  if (/^[\w.:@%+=/,-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
