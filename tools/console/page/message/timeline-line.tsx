import type { ComponentChildren } from 'preact';
import { duration } from '../ui/format.ts';
import { Icon, type IconName } from '../ui/icons.tsx';
import type { Tone } from '../ui/layout.tsx';
import { Time } from '../ui/time.tsx';

export interface LineProps {
  readonly at: number;
  /** When the timeline begins, epoch ms. */
  readonly begin: number;
  readonly tone: Tone;
  readonly icon: IconName;
  readonly title: string;
  /** At the end of the title's line. */
  readonly side?: ComponentChildren;
  /** After the time. */
  readonly note?: string;
  readonly children?: ComponentChildren;
}

/** A step of the timeline: what it was, and when. */
export function Line({ at, begin, tone, icon, title, side, note, children }: LineProps) {
  return (
    <li class="timeline-step">
      <span class={`timeline-mark badge-${tone}`}>
        <Icon name={icon} size={14} />
      </span>
      <div class="timeline-content">
        <div class="timeline-head">
          <h3 class="timeline-title">{title}</h3>
          {side && <span class="timeline-side small">{side}</span>}
        </div>
        <p class="muted small figures">
          <Time at={at} as="exact" />
          {at > begin && ` · ${duration(at - begin)} after the first`}
          {note && ` · ${note}`}
        </p>
        {children}
      </div>
    </li>
  );
}
