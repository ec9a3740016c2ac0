/**
 * How a text of a stranger becomes a cell that a spreadsheet shows and does not run, and the text again.
 * OWASP's list, and what it warns of besides: https://owasp.org/www-community/attacks/CSV_Injection
 *
 * A guard is one more `'` before the part in question. Which parts are in question does not depend on
 * the `'` before them. So the undoing finds the same places, and every text comes back as it was.
 */

/** What begins a formula: ASCII, full width, small forms, superscripts, subscripts, the minus sign. */
const SIGNS = '=+\\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋−';
/** What a spreadsheet may skip before a formula. */
const SKIPPED = '\\s\\p{Cc}\\p{Default_Ignorable_Code_Point}"\'';
/** Where a spreadsheet that splits at semicolons or tabs begins a cell in the middle of a text. */
const SEPARATORS = [';', '\t', '\r', '\n'];

const SIGN = new RegExp(`[${SIGNS}]`, 'u');
const GAPS = new RegExp(`[${SKIPPED};]+`, 'gu');
const STARTS_FORMULA = new RegExp(`^[${SKIPPED}]*[${SIGNS}]`, 'u');
const STARTS_WITH_CONTROL = /^\p{Cc}/u;
/** Without a letter it becomes a number, a date or a time: a phone number loses its plus and zeros. */
const READ_AS_NUMBER = /^[\p{Nd}\p{Zs}.,/:()%+\-eE]*$/u;
/** A cell of the usual width shows eight digits. From nine on it shows 1.23E+08, and Excel saves that. */
const STAYS_NUMBER = /^(?:0|-?[1-9]\d{0,7})$/;

/** The text as a cell of a file for spreadsheets. */
export function guarded(text: string): string {
  const inner = atInnerStarts(text, (gap) => `'${gap}`);
  return needsGuard(text) ? `'${inner}` : inner;
}

/** The text that {@link guarded} made this cell of. */
export function unguarded(cell: string): string {
  const text = atInnerStarts(cell, (gap) => gap.replace(/^'/, ''));
  return text.startsWith("'") && needsGuard(text) ? text.slice(1) : text;
}

/** Leading quotes do not count: a guard is one of them. */
function needsGuard(text: string): boolean {
  const rest = text.replace(/^'+/, '');
  if (STAYS_NUMBER.test(rest)) return false;
  return (
    STARTS_WITH_CONTROL.test(rest) ||
    STARTS_FORMULA.test(rest) ||
    (READ_AS_NUMBER.test(rest) && /\p{Nd}/u.test(rest))
  );
}

/**
 * Changes what stands between a separator in the text and a sign that begins a formula behind it. Each
 * run of such characters is looked at once: a text that is full of them takes no longer.
 */
function atInnerStarts(text: string, change: (gap: string) => string): string {
  return text.replace(GAPS, (run, offset: number) => {
    const last = lastSeparator(run);
    if (last < 0 || !SIGN.test(text.charAt(offset + run.length))) return run;
    return run.slice(0, last + 1) + change(run.slice(last + 1));
  });
}

function lastSeparator(run: string): number {
  return Math.max(...SEPARATORS.map((separator) => run.lastIndexOf(separator)));
}
