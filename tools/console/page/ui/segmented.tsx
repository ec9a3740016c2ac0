import { useId } from 'preact/hooks';
import './segmented.css';
import { Icon, type IconName } from './icons.tsx';

export interface Option<Value extends string> {
  readonly value: Value;
  readonly label: string;
  /** Shown instead of the label, which a screen reader still says. */
  readonly icon?: IconName;
}

interface SegmentedProps<Value extends string> {
  /** What is chosen, for screen readers. */
  readonly label: string;
  readonly options: readonly Option<Value>[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

/** One of a few, side by side: radio buttons. */
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
