/** Tells whether a stored sender or receiver is one that was asked for. */
export type NumberMatcher = (stored: string) => boolean;

/** Which messages, by their numbers. */
export interface NumberFilter {
  /** Sent by a number or name that this takes. */
  readonly from?: NumberMatcher | undefined;
  /** Sent to a number that this takes. */
  readonly sms_number?: NumberMatcher | undefined;
}

export function hasNumbers(
  message: { readonly from: string; readonly sms_number: string },
  { from: isSender, sms_number: isReceiver }: NumberFilter,
): boolean {
  return (isSender?.(message.from) ?? true) && (isReceiver?.(message.sms_number) ?? true);
}

/** What people and programs put before a number that is to be called. */
const LINK = /^(?:tel|sms|smsto|callto):(?:\/\/)?/i;
/** What comes along from a cell or a mail: quotation marks, the `'` of an export, angle brackets. */
const OPENING = /^[\s\p{Pi}\p{Ps}'"`<]+/u;
const CLOSING = /[\s\p{Pf}\p{Pi}\p{Pe}'"`>,;]+$/u;
/** What they write between its digits. */
const MARKS = /[\s\p{Pd}\u2212()[\]./·]/gu;
/** Direction marks, joiners and the like, which come along when a number is copied. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;
/** Unicode normalisation leaves these digits as they are. */
const ARABIC_DIGITS = /[\u0660-\u0669\u06f0-\u06f9]/g;

/** The digits of a number, with a plus if it has one. Undefined if the text is no number, but a name. */
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
