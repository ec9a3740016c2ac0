import { useEffect } from 'preact/hooks';
import { useFeed } from '../feed.ts';
import { onEvent } from '../live.ts';
import { View } from '../ui/layout.tsx';
import { received } from './feeds.ts';
import { filtering, messagesChanged } from './filter.ts';
import { PolicyEditor } from './policy-editor.tsx';
import { ReceivedCard } from './received-card.tsx';
import './subscribers.css';

/** What a queue that is subscribed to the topic gets, and what it would get with a filter policy. */
export function SubscribersView() {
  const messages = useFeed(received);
  const latest = messages?.[0]?.id;
  useEffect(messagesChanged, [latest]);
  useEffect(() => onEvent('hello', messagesChanged), []);
  return (
    <View
      title="Subscribers"
      lead="A queue is subscribed to the topic. This is what it got, and what a subscription with a filter policy would have got of it."
    >
      <div class="view-grid subscribers-view">
        <PolicyEditor received={messages ?? []} />
        <ReceivedCard
          messages={messages}
          error={received.error.value}
          result={filtering.value?.result}
        />
      </div>
    </View>
  );
}
