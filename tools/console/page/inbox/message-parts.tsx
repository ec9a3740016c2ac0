import { LATE_MS, latenessOf } from '../../../shared/lateness.ts';
import { EMPTY_NUMBERS } from '../../../shared/text-search.ts';
import type { MessageSummary } from '../../protocol.ts';
import type { Finder } from '../../search.ts';
import { messageHash } from '../route.ts';
import { duration, plural } from '../ui/format.ts';
import { Icon, type IconName } from '../ui/icons.tsx';
import { Badge, type Tone } from '../ui/layout.tsx';
import { Highlighted } from '../ui/texts.tsx';
import { now } from '../ui/time.tsx';
import { undeliveredTo } from './undelivered.ts';

interface NumbersProps {
  /** Undefined: nobody could read it. */
  readonly from: string | undefined;
  readonly to: string;
  /** The search's matches in the numbers. */
  readonly finder?: Finder | undefined;
}

/** The sender and the number. A sender may be a name of any characters. Either may be empty. */
export function Numbers({ from, to, finder }: NumbersProps) {
  const shown = (number: string) => <Highlighted text={number} places={finder?.inNumber(number)} />;
  return (
    <span class="numbers">
      <span class="numbers-from">
        {from ? shown(from) : <em>{from === undefined ? 'no sender' : EMPTY_NUMBERS.from}</em>}
      </span>
      <span class="visually-hidden"> to </span>
      <Icon name="arrow" size={12} />
      <span class="numbers-to">{to ? shown(to) : <em>{EMPTY_NUMBERS.sms_number}</em>}</span>
    </span>
  );
}

interface BodyTextProps {
  readonly text: string;
  /** The search's matches in the text. */
  readonly finder?: Finder | undefined;
}

/** A message's text, which may be empty. */
export function BodyText({ text, finder }: BodyTextProps) {
  if (text === '') return <span class="muted">(no text)</span>;
  return <Highlighted text={text} places={finder?.inText(text)} />;
}

interface MessageLinkProps {
  readonly id: string;
  readonly children?: string;
}

/** Links to a message in the inbox. */
export function MessageLink({ id, children = 'Open the message' }: MessageLinkProps) {
  return (
    <a href={messageHash(id)} aria-label={`${children}: ${id}`}>
      {children}
    </a>
  );
}

interface Mark {
  readonly label: string;
  /** The tooltip. */
  readonly title?: string;
  readonly tone: Tone;
  readonly icon?: IconName;
}

/** An unusual state of a message. A published message has none. */
export function marksOf(message: MessageSummary, now: number): readonly Mark[] {
  const { conflicts, isReplayed, requests, published_at } = message;
  const undelivered = undeliveredTo(message, now);
  const late = latenessOf(message) ?? 0;
  const marks: (Mark | false)[] = [
    conflicts > 0 && {
      ...{ label: 'Conflict', tone: 'bad', icon: 'alert' },
      title: `Id reused: ${plural(conflicts, 'request')} refused`,
    },
    undelivered.length > 0 && {
      ...{ label: 'Undelivered', tone: 'bad', icon: 'alert' },
      title: `Not delivered to ${undelivered.join(', ')}`,
    },
    published_at === undefined && pendingMark(message, now),
    late >= LATE_MS && { label: `Late ${duration(late)}`, tone: 'warn', icon: 'clock' },
    isReplayed === true && { label: 'Replayed', tone: 'info', icon: 'replay' },
    requests > 1 && {
      ...{ label: `${requests}+ requests`, tone: 'neutral' },
      title: `${requests} requests are recorded. There may be more: see the timeline`,
    },
  ];
  return marks.filter((mark) => mark !== false);
}

function pendingMark({ state, received_at }: MessageSummary, now: number): Mark {
  if (state !== 'overdue') return { label: 'Pending', tone: 'info', icon: 'half' };
  const age = duration(Math.max(0, now - received_at));
  return { label: `Pending ${age}`, tone: 'warn', icon: 'clock' };
}

/** Badges for the unusual states of a message. */
export function Marks({ message }: { readonly message: MessageSummary }) {
  return (
    <>
      {marksOf(message, now.value).map(({ label, title, tone, icon }) => (
        <Badge
          key={label}
          tone={tone}
          {...(icon && { icon })}
          {...(title !== undefined && { title })}
        >
          {label}
        </Badge>
      ))}
    </>
  );
}

/** More is not visible, and a text may have 10,000 characters. */
const SHOWN_CHARACTERS = 300;

/** Half an emoji at the end would be shown by its code. */
const HALF = /[\ud800-\udbff\u200d]+$/;

/** The beginning of a text, for a line that is cut. */
export function oneLine(text: string): string {
  const begin = text.slice(0, SHOWN_CHARACTERS);
  return (begin.length < text.length ? begin.replace(HALF, '') : begin).replace(/[ \n]+/g, ' ');
}
