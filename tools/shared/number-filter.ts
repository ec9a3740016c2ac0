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
