import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import './field.css';

/** What a control needs to belong to its field: spread it onto the input, select or textarea. */
export interface ControlProps {
  readonly id: string;
  readonly class: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean | undefined;
}

interface FieldProps {
  readonly label: string;
  /** For labels that the place makes clear to who sees it. */
  readonly isLabelHidden?: boolean;
  readonly hint?: ComponentChildren;
  /** What is wrong, and what to do. */
  readonly error?: string | undefined;
  /**
   * @example
   * <Field label="From">{(control) => <input {...control} value={from} />}</Field>
   */
  readonly children: (control: ControlProps) => ComponentChildren;
}

/** A control with its label, a hint and what is wrong with it. */
export function Field({ label, isLabelHidden = false, hint, error, children }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label class={isLabelHidden ? 'visually-hidden' : 'field-label'} for={id}>
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
