import type { MessageSummary } from '../../../../tools/console/protocol.ts';

/** A message in a list, with what matters in the test. */
export function summary(change: Partial<MessageSummary> = {}): MessageSummary {
  return {
    message_id: 'a',
    from: '+61491570006',
    sms_number: '+61491570156',
    body: 'Hello',
    received_at: 1_000,
    published_at: 1_100,
    requests: 1,
    publish_attempts: 1,
    state: 'published',
    conflicts: 0,
    ...change,
  };
}

/** One of each id, received at these times. */
export function summaries(times: Readonly<Record<string, number>>): MessageSummary[] {
  return Object.entries(times).map(([message_id, received_at]) =>
    summary({ message_id, received_at }),
  );
}

export function idsOf(messages: readonly { readonly message_id: string }[]): string {
  return messages.map(({ message_id }) => message_id).join(' ');
}
