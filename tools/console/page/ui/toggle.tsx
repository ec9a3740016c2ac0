import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import './toggle.css';

interface ToggleProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
  readonly disabled?: boolean;
}

/** A switch: takes effect at once. */
export function Toggle({ label, hint, isOn, onChange, disabled = false }: ToggleProps) {
  const id = useId();
  return (
    <div class="toggle">
      <button
        type="button"
        role="switch"
        class="toggle-switch"
        aria-checked={isOn}
        aria-labelledby={`${id}-label`}
        aria-describedby={hint ? `${id}-hint` : undefined}
        disabled={disabled}
        onClick={() => onChange(!isOn)}
      >
        <span class="toggle-knob" />
      </button>
      <div class="toggle-text">
        <span class="toggle-label" id={`${id}-label`}>
          {label}
        </span>
        {hint && (
          <p class="muted small" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
      <span class="toggle-state small" aria-hidden="true">
        {isOn ? 'On' : 'Off'}
      </span>
    </div>
  );
}
