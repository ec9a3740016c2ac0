import type { ComponentChildren } from 'preact';
import type { MessageSummary } from '../../protocol.ts';
import './facts.css';
import { STATE_VIEWS } from '../inbox/state-badge.tsx';
import { duration } from '../ui/format.ts';
import { CopyButton, SafeText } from '../ui/texts.tsx';
import { Time } from '../ui/time.tsx';

/** What a message's record says in short. */
export function Facts({ summary }: { readonly summary: MessageSummary }) {
  const { message_id, service_id, timestamp, received_at, published_at, requests, attempts } =
    summary;
  return (
    <dl class="facts">
      <Fact name="Received">
        <Time at={received_at} as="full" />
        <span class="muted">
          {' · '}
          <Time at={received_at} as="ago" />
        </span>
      </Fact>
      <Fact name="Published">
        {published_at === undefined ? (
          STATE_VIEWS[summary.state].meaning
        ) : (
          <>
            <Time at={published_at} as="full" />
            <span class="muted">{` · ${duration(Math.max(0, published_at - received_at))} later`}</span>
          </>
        )}
      </Fact>
      {timestamp !== undefined && (
        <Fact name="Received by the PBX">
          <Time at={timestamp * 1_000} as="full" />
        </Fact>
      )}
      <Fact name="Requests of the PBX">{requests}</Fact>
      <Fact name="Attempts to publish">{attempts}</Fact>
      {service_id !== undefined && (
        <Fact name="Service">
          <SafeText text={service_id} />
        </Fact>
      )}
      <Fact name="Id">
        <span class="facts-id">
          <code>
            <SafeText text={message_id} />
          </code>
          <CopyButton text={message_id} what="the id" isCompact />
        </span>
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
