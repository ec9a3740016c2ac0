import { useEffect } from 'preact/hooks';
import type { SubscriberMessage } from '../../lab-protocol.ts';
import { useFeed } from '../feed.ts';
import { onEvent } from '../live.ts';
import { Button, Field } from '../ui/controls.tsx';
import { Card, View } from '../ui/layout.tsx';
import { CodeBlock, CopyButton } from '../ui/texts.tsx';
import { EmailsCard } from './emails-card.tsx';
import {
  changePolicy,
  filtering,
  messagesChanged,
  policy,
  policyExamples,
  subscribeCommand,
} from './filter.ts';
import { matchSummary, received } from './queue.ts';
import { ReceivedCard } from './received-card.tsx';
import { StatusCard } from './status-card.tsx';
import { emails, statuses } from './statuses.ts';
import './subscribers.css';

/**
 * The subscribers of settings.yml, the messages of the console's queue, and a filter policy to try
 * on them.
 */
export function SubscribersView() {
  const messages = useFeed(received);
  // The cards above have their final height, so this card does not move.
  const isLoaded = [statuses, emails].every(({ state, error }) => state.value ?? error.value);
  const latest = messages?.[0]?.id;
  useEffect(messagesChanged, [latest]);
  useEffect(() => onEvent('hello', messagesChanged), []);
  return (
    <View
      title="Subscribers"
      lead="The subscribers of settings.yml. Below are the messages of the console’s own queue, and a filter policy to try on them."
    >
      <div class="view-grid">
        <StatusCard />
        <EmailsCard />
      </div>
      {isLoaded && (
        <div class="view-grid subscribers-view">
          <PolicyEditor messages={messages ?? []} />
          <ReceivedCard />
        </div>
      )}
    </View>
  );
}

function PolicyEditor({ messages }: { readonly messages: readonly SubscriberMessage[] }) {
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
            {policyExamples(messages).map(({ label, policy: example }) => (
              <Button key={label} size="small" onClick={() => changePolicy(example)}>
                {label}
              </Button>
            ))}
          </fieldset>
          <Field
            label="Policy (JSON)"
            hint="Allowed values for each attribute. All attributes must match. Leave it empty for every message."
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
                docs/subscribe.md shows how to get <code>TOPIC_ARN</code> and <code>QUEUE_ARN</code>
                . In AWS, a changed policy takes effect within 15 minutes.
              </p>
            </>
          )}
        </div>
      </Card>
    </div>
  );
}
