/** How a number may be written: digits, with a plus before them and marks between them. */
const NUMBER = /^\+?[\d ()./-]*\d[\d ()./-]*$/;

/** The digits of a number, however it is spaced. Nothing if it is none, but a sender's name. */
export function digitsOf(text: string): string | undefined {
  const trimmed = text.trim();
  return NUMBER.test(trimmed) ? trimmed.replace(/\D/g, '') : undefined;
}

/**
 * How a number may be stored: as given, and in digits with and without the plus. A PBX writes a number
 * in one way, but people paste it with spaces.
 */
export function spellingsOf(text: string): string[] {
  const trimmed = text.trim();
  if (!/^\+?[\d ()-]*\d[\d ()-]*$/.test(trimmed)) return [trimmed];
  const digits = trimmed.replace(/\D/g, '');
  return [...new Set([trimmed, `+${digits}`, digits])];
}
