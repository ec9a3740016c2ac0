import { SegmentedMessage } from 'sms-segments-calculator';
import { codeOf, piecesOf } from '../../../shared/visible-text.ts';

/** The size of a text as an SMS. Counts characters as networks do: some count twice. */
interface TextSize {
  readonly encoding: 'GSM-7' | 'UCS-2';
  readonly characters: number;
  readonly segments: number;
  /** Characters that still fit into the last segment. */
  readonly left: number;
  /** The characters that GSM-7 does not have, each once, in order. */
  readonly beyondGsm: readonly string[];
}

/** Longer than a phone can send in one message. Measuring takes the square of the length. */
export const MAX_MEASURED = 2_000;

/** @returns Undefined if the text is longer than {@link MAX_MEASURED}. */
export function sizeOf(text: string): TextSize | undefined {
  if (text.length > MAX_MEASURED) return undefined;
  const message = new SegmentedMessage(text);
  const encoding = message.encodingName;
  const characterBits = encoding === 'GSM-7' ? 7 : 16;
  const bitsLeft = message.segments.at(-1)?.freeSizeInBits() ?? 0;
  return {
    encoding,
    // A character of UCS-2 is a UTF-16 unit, as a text's length is.
    characters: encoding === 'GSM-7' ? message.numberOfCharacters : text.length,
    segments: message.segmentsCount,
    left: Math.max(0, Math.floor(bitsLeft / characterBits)),
    beyondGsm: [...new Set(message.getNonGsmCharacters())],
  };
}

/** It shows on the character before it. */
const MARK = /^\p{M}/u;

/** A character for a sentence: with its code, or only its code if it is invisible. */
export function nameOf(character: string): string {
  const codes = [...character].map(codeOf);
  const isUnseen = piecesOf(character).some((piece) => 'unseen' in piece);
  if (isUnseen || MARK.test(character)) return codes.join(' ');
  // An emoji of several code points needs no code.
  return codes.length > 1 ? character : `${character} (${codes[0]})`;
}
