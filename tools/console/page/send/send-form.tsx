import { signal } from '@preact/signals';
import type { TargetedEvent } from 'preact';
import { useState } from 'preact/hooks';
import { Button, Field, Segmented } from '../ui/controls.tsx';
import { plural } from '../ui/format.ts';
import { Card } from '../ui/layout.tsx';
import { deliveries } from './feeds.ts';
import { send } from './send.ts';
import {
  EMPTY_FIELDS,
  errorsOf,
  type FieldErrors,
  fieldOf,
  requestOf,
  type SendFields,
} from './send-fields.ts';
import { TextSizeLine } from './text-size.tsx';

/** Kept while another view is shown. */
const fields = signal<SendFields>(EMPTY_FIELDS);

const COPIES = [
  { value: '1', label: 'Once' },
  { value: '10', label: '10 times at once' },
] as const;

type Control = HTMLInputElement | HTMLTextAreaElement;

export function SendForm() {
  const [errors, setErrors] = useState<FieldErrors>({});
  const [refusal, setRefusal] = useState('');
  const [sent, setSent] = useState('');
  const [isSending, setSending] = useState(false);
  const typed = fields.value;
  const lastId = deliveries.state.value?.[0]?.message_id;

  const change = (changed: Partial<SendFields>) => {
    fields.value = { ...fields.value, ...changed };
    setErrors({});
  };
  const typeInto = (name: 'from' | 'sms_number' | 'body' | 'message_id' | 'retryDelayMs') => ({
    name,
    value: typed[name],
    onInput: ({ currentTarget }: TargetedEvent<Control>) => change({ [name]: currentTarget.value }),
  });
  const submit = async (event: Event) => {
    event.preventDefault();
    setRefusal('');
    setSent('');
    const found = errorsOf(typed);
    setErrors(found);
    if (Object.keys(found).length > 0 || isSending) return;
    setSending(true);
    try {
      const begun = await send(requestOf(typed));
      setSent(`${plural(begun.length, 'post')} under way: see the deliveries.`);
    } catch (error) {
      const { message } = error as Error;
      const field = fieldOf(message);
      if (field) setErrors({ [field]: message });
      else setRefusal(message);
    } finally {
      setSending(false);
    }
  };

  return (
    <Card title="A new SMS">
      <form class="send-form" noValidate onSubmit={submit}>
        <div class="send-numbers">
          <Field label="From" error={errors.from}>
            {(control) => <input {...control} {...typeInto('from')} autoComplete="off" />}
          </Field>
          <Field label="To" error={errors.sms_number}>
            {(control) => <input {...control} {...typeInto('sms_number')} autoComplete="off" />}
          </Field>
        </div>
        <Field label="Text" error={errors.body} hint={<TextSizeLine text={typed.body} />}>
          {(control) => (
            <textarea
              {...control}
              {...typeInto('body')}
              rows={4}
              dir="auto"
              onKeyDown={(event) => {
                if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event);
              }}
            />
          )}
        </Field>
        <Field
          label="Message id (optional)"
          error={errors.message_id}
          hint="A new one if left empty. The same id with the same text is a duplicate; with another text it is a conflict, 409."
        >
          {(control) => (
            <div class="send-id">
              <input
                {...control}
                {...typeInto('message_id')}
                autoComplete="off"
                spellcheck={false}
                placeholder="A new one"
              />
              {lastId !== undefined && lastId !== typed.message_id && (
                <Button onClick={() => change({ message_id: lastId })}>Use the last id</Button>
              )}
            </div>
          )}
        </Field>
        <div class="send-numbers">
          <div class="send-copies">
            <span class="field-label" aria-hidden="true">
              Copies
            </span>
            <Segmented
              label="Copies"
              options={COPIES}
              value={typed.copies === 10 ? '10' : '1'}
              onChange={(value) => change({ copies: value === '10' ? 10 : 1 })}
            />
          </div>
          <Field label="Between attempts (ms)" error={errors.retryDelayMs}>
            {(control) => (
              <input
                {...control}
                {...typeInto('retryDelayMs')}
                inputMode="numeric"
                autoComplete="off"
              />
            )}
          </Field>
        </div>
        <div class="send-submit">
          <Button type="submit" kind="primary" icon="send">
            Send
          </Button>
          <p class="muted small" role="status">
            {isSending ? 'Sending…' : sent}
          </p>
        </div>
        <p class="field-error" role="alert" hidden={!refusal}>
          {refusal}
        </p>
      </form>
    </Card>
  );
}
