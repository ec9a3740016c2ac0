/** Whether a stored sender or receiver is one of the wanted ones. */
export type NumberMatcher = (stored: string) => boolean;

/** Selects messages by their numbers. */
export interface NumberFilter {
  /** Matches the sender's number or name. */
  readonly from?: NumberMatcher | undefined;
  /** Matches the receiver's number. */
  readonly sms_number?: NumberMatcher | undefined;
}

export function hasNumbers(
  message: { readonly from: string; readonly sms_number: string },
  { from: isSender, sms_number: isReceiver }: NumberFilter,
): boolean {
  return (isSender?.(message.from) ?? true) && (isReceiver?.(message.sms_number) ?? true);
}

/** A link's scheme in front of a number. */
const LINK = /^(?:tel|sms|smsto|callto):(?:\/\/)?/i;
/** Characters around a number in a cell or a mail: quotation marks, an export's `'`, angle brackets. */
const OPENING = /^[\s\p{Pi}\p{Ps}'"`<]+/u;
const CLOSING = /[\s\p{Pf}\p{Pi}\p{Pe}'"`>,;]+$/u;
/** Separators between digits. */
const MARKS = /[\s\p{Pd}\u2212()[\]./·]/gu;
/** Direction marks, joiners and similar characters, which are copied with a number. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;
/** Unicode normalisation does not change these digits. */
const ARABIC_DIGITS = /[\u0660-\u0669\u06f0-\u06f9]/g;

/** The digits of a number, with its plus if it has one. Undefined for a name. */
export function digitsIn(text: string): string | undefined {
  const bare = plain(text).replace(OPENING, '').replace(CLOSING, '');
  const digits = bare.replace(LINK, '').replace(MARKS, '');
  return /^\+?\d+$/.test(digits) ? digits : undefined;
}

function plain(text: string): string {
  if (/^[ -~]*$/.test(text)) return text;
  return text
    .normalize('NFKC')
    .replace(INVISIBLE, '')
    .replace(ARABIC_DIGITS, (digit) => String(digit.charCodeAt(0) & 0xf));
}
