import type { SampleMessage } from '../cost/samples.ts';

const LONGEST = { text: 10_000, attribute: 256, message_id: 128 };
/** A record keeps 4,096 bytes of other fields, as JSON. The usual ones leave this much. */
const EXTRA_BYTES = 3_900;

/** Four bytes in UTF-8, the most that a character has. */
const EMOJI = '\u{1F642}';

/**
 * The message that costs the most: every field as long as it is accepted, in characters of four bytes.
 *
 * @param id Begins its message_id, which is filled up to the longest that is accepted.
 */
export function dearest(id: string): SampleMessage {
  return {
    name: 'dearest accepted',
    text: EMOJI.repeat(LONGEST.text),
    fields: {
      message_id: id.padEnd(LONGEST.message_id, '-'),
      from: EMOJI.repeat(LONGEST.attribute),
      sms_number: EMOJI.repeat(LONGEST.attribute),
      service_id: EMOJI.repeat(LONGEST.attribute),
      other: 'x'.repeat(EXTRA_BYTES),
    },
  };
}
