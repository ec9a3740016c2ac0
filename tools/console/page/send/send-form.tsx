import { signal } from '@preact/signals';
import type { TargetedEvent } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { Button, Field, Segmented } from '../ui/controls.tsx';
import { count, plural } from '../ui/format.ts';
import { Card } from '../ui/layout.tsx';
import { SafeText } from '../ui/texts.tsx';
import { deliveries, send } from './pbx.ts';
import { MAX_MEASURED, nameOf, sizeOf } from './segments.ts';
import {
  EMPTY_FIELDS,
  errorsOf,
  type FieldErrors,
  fieldOf,
  requestOf,
  type SendFields,
} from './send-fields.ts';

/** Keeps its value while another view is shown. */
const fields = signal<SendFields>(EMPTY_FIELDS);

const COPIES = [
  { value: '1', label: 'Once' },
  { value: '10', label: '10 times at once' },
] as const;

type Control = HTMLInputElement | HTMLTextAreaElement;

/** How sending goes. */
interface Status {
  readonly errors?: FieldErrors;
  /** Why the server refused to send it, if no field is the cause. */
  readonly refusal?: string;
  readonly says?: string;
  readonly isSending?: boolean;
}

export function SendForm() {
  const [status, setStatus] = useState<Status>({});
  const { errors = {}, refusal, says, isSending } = status;
  const typed = fields.value;
  const lastId = deliveries.state.value?.[0]?.message_id;

  const change = (changed: Partial<SendFields>) => {
    fields.value = { ...fields.value, ...changed };
    setStatus({ ...status, errors: {} });
  };
  const typeInto = (name: 'from' | 'sms_number' | 'body' | 'message_id' | 'retryDelayMs') => ({
    name,
    value: typed[name],
    onInput: ({ currentTarget }: TargetedEvent<Control>) => change({ [name]: currentTarget.value }),
  });
  const line = (
    label: string,
    name: 'from' | 'sms_number' | 'retryDelayMs',
    inputMode?: 'numeric',
  ) => (
    <Field label={label} error={errors[name]}>
      {(control) => (
        <input {...control} {...typeInto(name)} inputMode={inputMode} autoComplete="off" />
      )}
    </Field>
  );
  const submit = async (event: Event) => {
    event.preventDefault();
    if (isSending) return;
    const found = errorsOf(typed);
    if (Object.keys(found).length > 0) return setStatus({ errors: found });
    setStatus({ says: 'Sending…', isSending: true });
    try {
      const begun = await send(requestOf(typed));
      setStatus({ says: `${plural(begun.length, 'post')} under way: see the deliveries.` });
    } catch (error) {
      const { message } = error as Error;
      const field = fieldOf(message);
      setStatus(field ? { errors: { [field]: message } } : { refusal: message });
    }
  };

  return (
    <Card title="A new SMS">
      <form class="send-form" noValidate onSubmit={submit}>
        <div class="send-numbers">
          {line('From', 'from')}
          {line('To', 'sms_number')}
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
          hint="Leave it empty for a new one. The same id with the same text is a duplicate. With another text it is a conflict, 409."
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
          {line('Between attempts (ms)', 'retryDelayMs', 'numeric')}
        </div>
        <div class="send-submit">
          <Button type="submit" kind="primary" icon="send">
            Send
          </Button>
          <p class="muted small" role="status">
            {says}
          </p>
        </div>
        <p class="field-error" role="alert" hidden={!refusal}>
          {refusal}
        </p>
      </form>
    </Card>
  );
}

/** The number of characters to name. The others are counted. */
const MAX_NAMED = 4;

/** The size of a text as an SMS. */
function TextSizeLine({ text }: { readonly text: string }) {
  const size = useMemo(() => sizeOf(text), [text]);
  if (!size) return <>Over {count(MAX_MEASURED)} characters: more than a phone can send.</>;
  const { encoding, characters, segments, left, beyondGsm } = size;
  return (
    <>
      <span class="figures text-size">
        <strong>{encoding}</strong> · {plural(characters, 'character')} ·{' '}
        {plural(segments, 'segment')} · {count(left)} left in {segments === 1 ? 'it' : 'the last'}
      </span>
      {beyondGsm.length > 0 && <BeyondGsm characters={beyondGsm} />}
    </>
  );
}

function BeyondGsm({ characters }: { readonly characters: readonly string[] }) {
  const rest = characters.length - MAX_NAMED;
  return (
    <span class="text-size">
      {' '}
      UCS-2 because of <SafeText text={characters.slice(0, MAX_NAMED).map(nameOf).join(', ')} />
      {rest > 0 && ` and ${plural(rest, 'other')}`}, which GSM-7 does not have.
    </span>
  );
}
