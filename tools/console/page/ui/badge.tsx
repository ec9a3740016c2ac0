import type { ComponentChildren } from 'preact';
import './badge.css';
import { Icon, type IconName } from './icons.tsx';

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'neutral';

interface BadgeProps {
  readonly tone?: Tone;
  /** A shape of its own, so that the colour does not say it alone. */
  readonly icon?: IconName;
  readonly children: ComponentChildren;
}

export function Badge({ tone = 'neutral', icon, children }: BadgeProps) {
  return (
    <span class={`badge badge-${tone}`}>
      {icon && <Icon name={icon} size={12} />}
      {children}
    </span>
  );
}
