import type { MessageState } from '../../protocol.ts';
import type { IconName } from '../ui/icons.tsx';
import { Badge, type Tone } from '../ui/layout.tsx';

interface StateView {
  readonly label: string;
  readonly tone: Tone;
  readonly icon: IconName;
  readonly meaning: string;
}

export const STATE_VIEWS: Readonly<Record<MessageState, StateView>> = {
  stored: {
    label: 'Stored',
    tone: 'neutral',
    icon: 'circle',
    meaning: 'Stored, not published yet: the PBX sends it again.',
  },
  publishing: {
    label: 'Publishing',
    tone: 'info',
    icon: 'half',
    meaning: 'It is being published right now.',
  },
  pending: {
    label: 'Pending',
    tone: 'warn',
    icon: 'clock',
    meaning: 'Stored, not published: the sweeper publishes it at its next run.',
  },
  published: {
    label: 'Published',
    tone: 'good',
    icon: 'check',
    meaning: 'Stored and published to the topic.',
  },
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
