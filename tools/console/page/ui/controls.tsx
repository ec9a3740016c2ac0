import type { ButtonHTMLAttributes, ComponentChildren, Ref } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { Icon, type IconName } from './icons.tsx';

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'class' | 'icon'> {
  /** `plain` has no frame until the pointer is on it. */
  readonly kind?: 'primary' | 'secondary' | 'plain';
  readonly size?: 'normal' | 'small';
  readonly icon?: IconName;
  /** It does nothing for now. A button that is `disabled` would lose the focus. */
  readonly isBusy?: boolean;
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
  isBusy = false,
  ...attributes
}: ButtonProps) {
  const busy = isBusy && { 'aria-disabled': true, onClick: () => {} };
  const shape = children === undefined ? ' button-square' : '';
  return (
    <button
      {...attributes}
      {...busy}
      type={type}
      class={`button button-${kind} button-${size}${shape}`}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface OlderButtonProps extends Pick<ButtonProps, 'size' | 'children'> {
  readonly isBusy: boolean;
  readonly onClick: () => void;
  /** Moves the focus to another place: it is gone at the end of the list. */
  readonly onGone: () => void;
}

/** Asks for older entries of a list, and keeps the focus while they are loaded. */
export function OlderButton({ onGone, ...others }: OlderButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const element = button.current;
    return () => {
      if (document.activeElement === element) onGone();
    };
  }, []);
  return <Button ref={button} {...others} />;
}

/**
 * The properties that connect a control with its field. Spread them onto the input, select or
 * textarea.
 */
interface ControlProps {
  readonly id: string;
  readonly class: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean | undefined;
}

interface FieldProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  /** What is wrong, and what to do. */
  readonly error?: string | undefined;
  /**
   * @example
   * <Field label="From">{(control) => <input {...control} value={from} />}</Field>
   */
  readonly children: (control: ControlProps) => ComponentChildren;
}

/** A control with its label, a hint and its error. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label class="field-label" for={id}>
        {label}
      </label>
      {children({
        id,
        class: 'control',
        'aria-describedby': described || undefined,
        'aria-invalid': error ? true : undefined,
      })}
      {hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <p class="field-error" id={`${id}-error`} role="alert" hidden={!error}>
        {error}
      </p>
    </div>
  );
}

interface ToggleProps {
  readonly label: string;
  readonly hint: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
  readonly disabled: boolean;
}

/** A switch: takes effect at once. */
export function Toggle({ label, hint, isOn, onChange, disabled }: ToggleProps) {
  const id = useId();
  return (
    <div class="toggle">
      <button
        type="button"
        role="switch"
        class="toggle-switch"
        aria-checked={isOn}
        aria-labelledby={`${id}-label`}
        aria-describedby={`${id}-hint`}
        disabled={disabled}
        onClick={() => onChange(!isOn)}
      >
        <span class="toggle-knob" />
      </button>
      <div class="toggle-text">
        <span class="toggle-label" id={`${id}-label`}>
          {label}
        </span>
        <p class="muted small" id={`${id}-hint`}>
          {hint}
        </p>
      </div>
      <span class="toggle-state small" aria-hidden="true">
        {isOn ? 'On' : 'Off'}
      </span>
    </div>
  );
}

interface Option<Value extends string> {
  readonly value: Value;
  readonly label: string;
  /** Shown instead of the label, which screen readers still announce. */
  readonly icon?: IconName;
}

interface SegmentedProps<Value extends string> {
  /** The name of the choice, for screen readers. */
  readonly label: string;
  readonly options: readonly Option<Value>[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

/** A choice of a few options, side by side: radio buttons. */
export function Segmented<Value extends string>(props: SegmentedProps<Value>) {
  const { label, options, value, onChange } = props;
  const name = useId();
  return (
    <fieldset class="segmented">
      <legend class="visually-hidden">{label}</legend>
      {options.map((option) => (
        <label class="segment" key={option.value} title={option.icon && option.label}>
          <input
            type="radio"
            class="segment-input"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          <span class="segment-face">
            {option.icon && <Icon name={option.icon} />}
            <span class={option.icon ? 'visually-hidden' : ''}>{option.label}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

export interface Tab<Name extends string> {
  readonly name: Name;
  readonly label: ComponentChildren;
  readonly panel: () => ComponentChildren;
}

interface TabsProps<Name extends string> {
  readonly label: string;
  readonly tabs: readonly Tab<Name>[];
  readonly chosen: Name;
  readonly onChoose: (name: Name) => void;
}

/** https://www.w3.org/WAI/ARIA/apg/patterns/tabs/: arrows, Home and End go from tab to tab. */
export function Tabs<Name extends string>({ label, tabs, chosen, onChoose }: TabsProps<Name>) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const place = tabs.findIndex(({ name }) => name === chosen);
  const go = (event: KeyboardEvent) => {
    const last = tabs.length - 1;
    const to = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: last }[event.key];
    const tab = to === undefined ? undefined : tabs.at(to > last ? 0 : to);
    if (!tab) return;
    event.preventDefault();
    onChoose(tab.name);
    list.current?.querySelector<HTMLElement>(`[data-tab="${tab.name}"]`)?.focus();
  };
  return (
    <div class="tabs">
      <div class="tab-list" role="tablist" aria-label={label} ref={list} onKeyDown={go}>
        {tabs.map(({ name, label: text }) => (
          <button
            key={name}
            type="button"
            role="tab"
            class="tab"
            id={`${id}-${name}`}
            data-tab={name}
            aria-selected={name === chosen}
            aria-controls={name === chosen ? `${id}-panel` : undefined}
            tabIndex={name === chosen ? 0 : -1}
            onClick={() => onChoose(name)}
          >
            {text}
          </button>
        ))}
      </div>
      <div class="tab-panel" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`}>
        {tabs[place]?.panel()}
      </div>
    </div>
  );
}
