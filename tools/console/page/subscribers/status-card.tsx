import type { SubscriberFailure, SubscriberStatus } from '../../lab-protocol.ts';
import { useFeed } from '../feed.ts';
import { MessageLink } from '../inbox/message-parts.tsx';
import { count } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { Badge, EmptyState, ListCard } from '../ui/layout.tsx';
import { CodeBlock, SafeText } from '../ui/texts.tsx';
import { now, Time } from '../ui/time.tsx';
import { failureText, figuresOf, statuses } from './statuses.ts';

const EXAMPLE = `local:
  subscribers:
    team: { email: team@example.com }`;

/** The subscribers of settings.yml and the state of their deliveries. */
export function StatusCard() {
  const known = useFeed(statuses);
  return (
    <ListCard
      title="In settings.yml"
      items={known}
      error={statuses.error.value}
      empty={
        <EmptyState icon="subscribers" title="No subscribers yet">
          <p>
            Add one to <code>settings.yml</code>, then start the local stack again. The e-mails of
            this example appear here.
          </p>
          <CodeBlock label="settings" text={EXAMPLE} />
          <p>
            docs/subscribers.md has the other kinds: Slack, Teams, an HTTPS endpoint, your own
            queue.
          </p>
        </EmptyState>
      }
    >
      {(status) => <StatusItem key={status.name} status={status} />}
    </ListCard>
  );
}

function StatusItem({ status }: { readonly status: SubscriberStatus }) {
  const { name, kind, target, filter, lastFailure } = status;
  return (
    <li class="subscriber">
      <div class="subscriber-what">
        <h3 class="subscriber-name">
          {name} <Badge>{kind}</Badge>
        </h3>
        <p class="muted small">
          {target && (
            <>
              to <SafeText text={target} />,{' '}
            </>
          )}
          {filter === undefined ? (
            'every message'
          ) : (
            <>
              filter <code>{filter}</code>
            </>
          )}
        </p>
        {lastFailure && <Failure failure={lastFailure} />}
      </div>
      <dl class="subscriber-figures">
        {figuresOf(status).map(({ label, value, tone }) => (
          <div key={label} class={`subscriber-figure badge-${tone}`}>
            <dt>{label}</dt>
            <dd class="figures">{count(value)}</dd>
          </div>
        ))}
      </dl>
    </li>
  );
}

function Failure({ failure }: { readonly failure: SubscriberFailure }) {
  const { at, next_at, message_id } = failure;
  return (
    <p class="small subscriber-failure">
      <Icon name="alert" size={12} /> Last failure: <SafeText text={failureText(failure)} />,{' '}
      <Time at={at} as="ago" />
      {next_at !== undefined && next_at > now.value && (
        <>
          , next attempt at <Time at={next_at} />
        </>
      )}
      {message_id !== undefined && (
        <>
          {' '}
          <MessageLink id={message_id} />
        </>
      )}
    </p>
  );
}
