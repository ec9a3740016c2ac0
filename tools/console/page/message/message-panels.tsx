import type { ComponentChildren } from 'preact';
import type { MessageDetail, MessageSummary, TimelineEvent } from '../../protocol.ts';
import { prettyJson } from '../ui/format.ts';
import { CodeBlock, CopyButton, SafeText } from '../ui/texts.tsx';
import { Time } from '../ui/time.tsx';
import { ownAttempts, reachedAt } from './timeline-steps.ts';

interface FactsProps {
  readonly summary: MessageSummary;
  /** Empty until the timeline is loaded. */
  readonly timeline: readonly TimelineEvent[];
}

/** The main facts of a message. */
export function Facts({ summary, timeline }: FactsProps) {
  const { message_id, service_id, timestamp, published_at, requests, publish_attempts } = summary;
  const reached_at = reachedAt(summary, timeline);
  const seen = ownAttempts(timeline).length;
  return (
    <dl class="facts">
      {timestamp !== undefined && (
        <Fact name="Received by the PBX">
          <Time at={timestamp * 1_000} as="second" />
        </Fact>
      )}
      <Fact name="Reached the webhook">
        <Time at={reached_at} as="full" />
        <span class="muted">
          {' · '}
          <Time at={reached_at} as="ago" />
        </span>
      </Fact>
      {published_at !== undefined && (
        <Fact name="Published">
          <Time at={published_at} as="full" />
        </Fact>
      )}
      <Fact name="Requests recorded">
        {requests}
        {seen > requests && <span class="muted"> · {seen} in the timeline</span>}
      </Fact>
      <Fact name="Attempts to publish">{publish_attempts}</Fact>
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

export function Fact({
  name,
  children,
}: {
  readonly name: string;
  readonly children: ComponentChildren;
}) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The message as subscribers get it. */
export function NotificationPanel({
  notification: { message, subject, attributes },
}: Pick<MessageDetail, 'notification'>) {
  const rows = [
    ...Object.entries(attributes).map(([name, value]) => ({ key: name, name, value })),
    { key: '', name: <i>subject</i>, value: subject },
  ];
  return (
    <div class="panel">
      <p class="muted">Subscribers of the topic get this. The message arrives on one line.</p>
      <CodeBlock label="message" text={prettyJson(message)} />
      <div class="panel-table-frame">
        <table class="panel-table">
          <caption>Attributes, to filter by</caption>
          <tbody>
            {rows.map(({ key, name, value }) => (
              <tr key={key}>
                <th scope="row">{name}</th>
                <td>
                  <SafeText text={value} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** The item in the table. */
export function RecordPanel({ record }: Pick<MessageDetail, 'record'>) {
  return (
    <div class="panel">
      <p class="muted">As it is stored.</p>
      <CodeBlock label="record" text={JSON.stringify(record, null, 2)} />
    </div>
  );
}
