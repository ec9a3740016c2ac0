import type { ForwardedMessage, Outgoing } from './outgoing.ts';
import { textOf, timeOf, titleOf } from './readable.ts';

/**
 * Teams takes about 28 KB:
 * https://learn.microsoft.com/en-us/connectors/teams/#known-issues-and-limitations-with-actions
 */
const MAX_BYTES = 28_000;

/**
 * Makes a message for a Teams workflow that begins "When a Teams webhook request is received":
 * https://learn.microsoft.com/en-us/connectors/teams/#microsoft-teams-webhook
 *
 * A stranger's texts are in text runs, which have no Markdown. A text that does not fit is cut, and the
 * card says so.
 *
 * @param url The workflow's URL, which is a secret.
 */
export function toTeams(message: ForwardedMessage, url: string): Outgoing {
  return {
    kind: 'post',
    url,
    headers: { 'content-type': 'application/json' },
    body: bodyThatFits(message),
  };
}

function bodyThatFits(message: ForwardedMessage): string {
  const text = textOf(message);
  const whole = bodyOf(message, text);
  if (fits(whole)) return whole;

  const characters = [...text];
  let [fitting, tooMany] = [0, characters.length];
  while (tooMany - fitting > 1) {
    const middle = Math.floor((fitting + tooMany) / 2);
    if (fits(cut(middle))) fitting = middle;
    else tooMany = middle;
  }
  return cut(fitting);

  function cut(length: number): string {
    const note = `The text goes on: ${length} of ${characters.length} characters are shown. Find the rest by the message id.`;
    return bodyOf(message, `${characters.slice(0, length).join('')}…`, note);
  }
}

const fits = (body: string) => Buffer.byteLength(body) <= MAX_BYTES;

function bodyOf(message: ForwardedMessage, text: string, note?: string): string {
  const time = timeOf(message);
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body: [
      literal(titleOf(message), { weight: 'Bolder' }),
      literal(text),
      ...(note ? [literal(note, { italic: true })] : []),
      ...(time ? [{ type: 'TextBlock', text: dateMacro(time), wrap: true, ...SMALL }] : []),
      literal(message.message_id, SMALL),
    ],
  };
  const attachment = {
    contentType: 'application/vnd.microsoft.card.adaptive',
    contentUrl: null,
    content,
  };
  return JSON.stringify({ type: 'message', attachments: [attachment] });
}

const SMALL = { size: 'Small', isSubtle: true };

/**
 * Shows a text literally. Only a `TextBlock` has Markdown:
 * https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/text-features. A run also replaces dates
 * in double braces, so two braces go into two runs.
 */
function literal(text: string, style: Readonly<Record<string, unknown>> = {}) {
  const runs = text.split(/(?<=\{)(?=\{)/);
  return {
    type: 'RichTextBlock',
    inlines: runs.map((run) => ({ type: 'TextRun', text: run, ...style })),
  };
}

/** Teams shows the time in each reader's zone. It takes no fractions of a second. */
function dateMacro(time: Date): string {
  const iso = time.toISOString().replace(/\.\d+Z$/, 'Z');
  return `{{DATE(${iso}, SHORT)}} {{TIME(${iso})}}`;
}
