import { stripVTControlCharacters } from 'node:util';

/**
 * C0 and C1 controls but the line feed, what breaks lines without being one, and the overrides and
 * isolates that make a text look like another one: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
 */
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** An SMS is a stranger's text: made so that it cannot command the terminal. Keeps its line breaks. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
  });
}

/** The same on one line. */
export function printableLine(text: string): string {
  return printable(text.replace(/\r?\n/g, ' ⏎ '));
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
