import type { SubscriberMessage } from '../../protocol.ts';
import { Button, Field } from '../ui/controls.tsx';
import { Card } from '../ui/layout.tsx';
import { CodeBlock, CopyButton } from '../ui/texts.tsx';
import { changePolicy, filtering, policy } from './filter.ts';
import { policyExamples, subscribeCommand } from './policies.ts';
import { matchSummary } from './received-list.ts';

interface PolicyEditorProps {
  /** What the examples are made to fit. */
  readonly received: readonly SubscriberMessage[];
}

export function PolicyEditor({ received }: PolicyEditorProps) {
  const text = policy.value;
  const { error, result } = filtering.value ?? {};
  const command = result && subscribeCommand(text);
  const isEmpty = text.trim() === '';
  return (
    <div class="policy-editor">
      <Card
        title="Filter policy"
        actions={
          !isEmpty && (
            <>
              <CopyButton text={text} what="the filter policy" />
              <Button size="small" onClick={() => changePolicy('')}>
                Clear
              </Button>
            </>
          )
        }
      >
        <div class="policy-form">
          <fieldset class="policy-examples">
            <legend class="visually-hidden">Examples</legend>
            {policyExamples(received).map(({ label, policy: example }) => (
              <Button key={label} size="small" onClick={() => changePolicy(example)}>
                {label}
              </Button>
            ))}
          </fieldset>
          <Field
            label="Policy (JSON)"
            hint="Names attributes and what they may be. All of them must fit. Empty: everything comes through."
            error={error}
          >
            {(control) => (
              <textarea
                {...control}
                class={`${control.class} mono`}
                rows={4}
                spellcheck={false}
                autoComplete="off"
                placeholder='{"from": [{"prefix": "+614"}]}'
                value={text}
                onInput={({ currentTarget }) => changePolicy(currentTarget.value)}
              />
            )}
          </Field>
          <p class="policy-result" role="status">
            {result ? matchSummary(result) : isEmpty || error ? '' : 'Asking SNS…'}
          </p>
          {command && (
            <>
              <CodeBlock label="command" text={command} wraps />
              <p class="muted small">
                docs/subscribe.md says where <code>TOPIC_ARN</code> and <code>QUEUE_ARN</code> come
                from. It takes up to 15 minutes until a changed policy is in force in AWS.
              </p>
            </>
          )}
        </div>
      </Card>
    </div>
  );
}
