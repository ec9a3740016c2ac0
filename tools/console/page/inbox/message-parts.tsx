import type { MessageState } from '../../protocol.ts';
import { messageHash } from '../route.ts';
import { plural } from '../ui/format.ts';
import { Icon, type IconName } from '../ui/icons.tsx';
import { Badge, type Tone } from '../ui/layout.tsx';
import { SafeText } from '../ui/texts.tsx';

/** Who sent it, and to which number. A sender may be a name of any characters; either may be empty. */
export function Numbers({ from, to }: { readonly from: string; readonly to: string }) {
  return (
    <span class="numbers">
      <span class="numbers-from">{from ? <SafeText text={from} /> : <em>withheld</em>}</span>
      <span class="visually-hidden"> to </span>
      <Icon name="arrow" size={12} />
      <span class="numbers-to">{to ? <SafeText text={to} /> : <em>unknown</em>}</span>
    </span>
  );
}

/** A message's text, which may be empty. */
export function BodyText({ text }: { readonly text: string }) {
  return text === '' ? <span class="muted">(no text)</span> : <SafeText text={text} />;
}

interface MessageLinkProps {
  readonly id: string;
  readonly children?: string;
}

/** Leads to a message in the inbox. */
export function MessageLink({ id, children = 'Open the message' }: MessageLinkProps) {
  return (
    <a href={messageHash(id)} aria-label={`${children}: ${id}`}>
      {children}
    </a>
  );
}

interface StateView {
  readonly label: string;
  readonly tone: Tone;
  readonly icon: IconName;
}

const STATE_VIEWS: Readonly<Record<MessageState, StateView>> = {
  stored: { label: 'Stored', tone: 'neutral', icon: 'circle' },
  publishing: { label: 'Publishing', tone: 'info', icon: 'half' },
  overdue: { label: 'Overdue', tone: 'warn', icon: 'clock' },
  published: { label: 'Published', tone: 'good', icon: 'check' },
};

/** How far a message is, in a word. */
export function StateBadge({ state }: { readonly state: MessageState }) {
  const { label, tone, icon } = STATE_VIEWS[state];
  return (
    <Badge tone={tone} icon={icon}>
      {label}
    </Badge>
  );
}

/** How often another message with the same id was refused; nothing, if it never was. */
export function ConflictsBadge({ conflicts }: { readonly conflicts: number }) {
  if (conflicts === 0) return null;
  return (
    <Badge tone="bad" icon="alert">
      {plural(conflicts, 'conflict')}
    </Badge>
  );
}

/** More is not seen, and a text may have 10,000 characters. */
const SHOWN_CHARACTERS = 300;

/** Half an emoji at its end would be shown by its codes. */
const HALF = /[\ud800-\udbff\u200d]+$/;

/** The begin of a text, for a line that is cut. */
export function oneLine(text: string): string {
  const begin = text.slice(0, SHOWN_CHARACTERS);
  return (begin.length < text.length ? begin.replace(HALF, '') : begin).replace(/[ \n]+/g, ' ');
}
