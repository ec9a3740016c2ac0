import type { ForwardedMessage, Outgoing } from './outgoing.ts';
import { isBlank, textOf, timeOf, titleOf } from './readable.ts';

/** Limit of a text object: https://docs.slack.dev/reference/block-kit/composition-objects/text-object */
const MAX_CHARACTERS = 3_000;

/** A phone's notification shows no more. */
const PREVIEW_CHARACTERS = 200;

/**
 * Makes a message for an incoming webhook of Slack:
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 *
 * A stranger's texts are in `plain_text` objects, which have no formatting, links or mentions. They are
 * also escaped. A long text takes several blocks: the longest takes 17 of the 50 that Slack allows.
 *
 * @param url The webhook's URL, which is a secret.
 */
export function toSlack(message: ForwardedMessage, url: string): Outgoing {
  const title = titleOf(message);
  const text = textOf(message);
  const preview = [...text].slice(0, PREVIEW_CHARACTERS).join('');
  const body = {
    // Shown in notifications. In the channel, the blocks replace it.
    text: escaped(`${title}: ${preview}`),
    mrkdwn: false,
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [...sections(title), ...sections(text), context(message)],
  };
  return {
    kind: 'post',
    url,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });

function sections(text: string) {
  return pieces(text).map((piece) => ({ type: 'section', text: plain(piece) }));
}

/** Slack shows the time in each reader's zone. */
function context(message: ForwardedMessage) {
  const time = timeOf(message);
  const elements = time ? [{ type: 'mrkdwn', text: dateToken(time) }] : [];
  return { type: 'context', elements: [...elements, plain(escaped(message.message_id))] };
}

/** https://docs.slack.dev/messaging/formatting-message-text#date-formatting */
function dateToken(time: Date): string {
  const seconds = Math.floor(time.getTime() / 1_000);
  return `<!date^${seconds}^{date_short_pretty} at {time_secs}|${time.toISOString()}>`;
}

/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * The escaped text in pieces that each fit into a text object. Cuts no character in two, and leaves out
 * blank pieces.
 */
function pieces(text: string): string[] {
  const found: string[] = [];
  let piece = '';
  for (const character of text) {
    const next = escaped(character);
    if (piece.length + next.length > MAX_CHARACTERS) {
      found.push(piece);
      piece = '';
    }
    piece += next;
  }
  return [...found, piece].filter((each) => !isBlank(each));
}
