import type { ButtonHTMLAttributes, ComponentChildren, Ref } from 'preact';
import './button.css';
import { Icon, type IconName } from './icons.tsx';

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'class' | 'icon'> {
  /** `plain` has no frame until it is pointed at. */
  readonly kind?: 'primary' | 'secondary' | 'plain' | 'danger';
  readonly size?: 'normal' | 'small';
  readonly icon?: IconName;
  readonly children?: ComponentChildren;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** With an icon alone, give it an `aria-label`. */
export function Button({
  kind = 'secondary',
  size = 'normal',
  icon,
  children,
  type = 'button',
  ...attributes
}: ButtonProps) {
  const shape = children === undefined ? ' button-square' : '';
  return (
    <button {...attributes} type={type} class={`button button-${kind} button-${size}${shape}`}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
