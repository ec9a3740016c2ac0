/**
 * Turns a stranger's text into a cell that a spreadsheet shows and does not run, and back. It follows
 * OWASP's list and warnings: https://owasp.org/www-community/attacks/CSV_Injection
 *
 * A guard is an additional `'` before a dangerous part. Whether a part is dangerous does not depend on the
 * `'` before it. So undoing finds the same places, and every text comes back unchanged.
 */

/**
 * Characters that begin a formula: ASCII, full width, small forms, superscripts, subscripts, the minus
 * sign.
 */
const SIGNS = '=+\\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋−';
/** Characters that a spreadsheet may skip before a formula. */
const SKIPPED = '\\s\\p{Cc}\\p{Default_Ignorable_Code_Point}"\'';
/** A spreadsheet that splits at semicolons or tabs begins a cell after these, in the middle of a text. */
const SEPARATORS = [';', '\t', '\r', '\n'];

const SIGN = new RegExp(`[${SIGNS}]`, 'u');
const GAPS = new RegExp(`[${SKIPPED};]+`, 'gu');
const STARTS_FORMULA = new RegExp(`^[${SKIPPED}]*[${SIGNS}]`, 'u');
const STARTS_WITH_CONTROL = /^\p{Cc}/u;
/** A text without letters becomes a number, a date or a time. A phone number loses its plus and zeros. */
const READ_AS_NUMBER = /^[\p{Nd}\p{Zs}.,/:()%+\-eE]*$/u;
/** A cell of the usual width shows eight digits. From nine on it shows 1.23E+08, and Excel saves that. */
const STAYS_NUMBER = /^(?:0|-?[1-9]\d{0,7})$/;

/** The text as a cell of a spreadsheet file. */
export function guarded(text: string): string {
  const inner = atInnerStarts(text, (gap) => `'${gap}`);
  return needsGuard(text) ? `'${inner}` : inner;
}

/** The text that {@link guarded} made this cell from. */
export function unguarded(cell: string): string {
  const text = atInnerStarts(cell, (gap) => gap.replace(/^'/, ''));
  return text.startsWith("'") && needsGuard(text) ? text.slice(1) : text;
}

/** Ignores leading quotes, because a guard is one. */
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
 * Changes the characters between a separator in the text and a following sign that begins a formula. It
 * looks at each run of such characters once, so a text full of them takes no longer.
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
