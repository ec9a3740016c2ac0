import type { MessageDetail, MessageSummary } from '../../protocol.ts';
import './verdict.css';
import { Icon } from '../ui/icons.tsx';
import { SafeText } from '../ui/texts.tsx';
import { now } from '../ui/time.tsx';
import { verdictOf } from './verdict.ts';

interface VerdictLineProps {
  readonly summary: MessageSummary;
  /** Undefined until it is loaded. */
  readonly detail: MessageDetail | undefined;
}

const ICONS = { good: 'check', info: 'clock', warn: 'clock', bad: 'alert' } as const;

/** What happened to the message, in one sentence. */
export function VerdictLine({ summary, detail }: VerdictLineProps) {
  const { timeline, hasCalls } = detail ?? { timeline: [], hasCalls: false };
  const { tone, text } = verdictOf({ summary, timeline, hasCalls }, now.value);
  return (
    <p class={`message-verdict verdict-${tone}`}>
      <Icon name={ICONS[tone]} />
      <span>
        <SafeText text={text} />
      </span>
    </p>
  );
}
