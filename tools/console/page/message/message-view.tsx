import { useEffect, useRef, useState } from 'preact/hooks';
import type { MessageDetail } from '../../protocol.ts';
import './message.css';
import { ApiError, ask } from '../api.ts';
import { createFeed, type Feed, useFeed } from '../feed.ts';
import { opensByKey, queryIn } from '../inbox/inbox.ts';
import { BodyText, ConflictsBadge, Numbers, StateBadge } from '../inbox/message-parts.tsx';
import { asked } from '../inbox/replay.ts';
import { stack } from '../live.ts';
import { conversationHash, route } from '../route.ts';
import { Button, type Tab, Tabs } from '../ui/controls.tsx';
import { Icon } from '../ui/icons.tsx';
import { EmptyState } from '../ui/layout.tsx';
import { DetailBar } from './detail-bar.tsx';
import { Facts, NotificationPanel, RecordPanel } from './message-panels.tsx';
import { Timeline } from './timeline.tsx';

/** A message, or why there is none to show. */
type Known = MessageDetail | ApiError;

/** A message, and all that is known of it. */
export function MessageView({ id }: { readonly id: string }) {
  const [feed] = useState(() => detailFeed(id));
  const known = useFeed(feed);
  if (known && !(known instanceof ApiError)) return <Detail detail={known} />;
  const isGone = known?.status === 404;
  return (
    <>
      <DetailBar title="Message" />
      {known && (
        <EmptyState
          icon={isGone ? 'search' : 'alert'}
          title={isGone ? 'There is no such message' : 'It cannot be read'}
        >
          <p>
            {isGone ? 'It was never stored here, or its time to be kept is over.' : known.message}
          </p>
        </EmptyState>
      )}
    </>
  );
}

/** A message, asked for again whenever something happens to it. */
function detailFeed(id: string): Feed<Known> {
  const loadAgain = (known: Known, news: readonly { readonly message_id: string }[]) => {
    if (news.some(({ message_id }) => message_id === id)) feed.reload();
    return known;
  };
  const load = async (signal: AbortSignal): Promise<Known> => {
    try {
      return await ask<MessageDetail>(`messages/${encodeURIComponent(id)}`, { signal });
    } catch (error) {
      const known = feed.state.peek();
      // What is gone is gone; anything else may pass, and what is shown stays.
      const stays = known !== undefined && !(known instanceof ApiError);
      if (error instanceof ApiError && (error.status === 404 || !stays)) return error;
      throw error;
    }
  };
  const feed: Feed<Known> = createFeed(load, { message: loadAgain, timeline: loadAgain });
  return feed;
}

type PanelName = 'timeline' | 'notification' | 'record';

function Detail({ detail }: { readonly detail: MessageDetail }) {
  const { summary, notification, record, timeline, hasCalls } = detail;
  const { from, sms_number, body, state, conflicts } = summary;
  const [panel, setPanel] = useState<PanelName>('timeline');
  const heading = useFocusOnOpening();
  const tabs: readonly Tab<PanelName>[] = [
    {
      name: 'timeline',
      label: 'Timeline',
      panel: () => <Timeline events={timeline} hasCalls={hasCalls} />,
    },
    {
      name: 'notification',
      label: 'Notification',
      panel: () => <NotificationPanel notification={notification} />,
    },
    { name: 'record', label: 'Record', panel: () => <RecordPanel record={record} /> },
  ];
  return (
    <article class="message" aria-label="Message">
      <DetailBar
        title={<Numbers from={from} to={sms_number} />}
        headingRef={heading}
        actions={
          <>
            <a
              class="button button-secondary button-small"
              href={conversationHash(from, sms_number, queryIn(route.value))}
            >
              <Icon name="conversation" />
              Conversation
            </a>
            {stack.value?.canReplay && (
              <Button
                size="small"
                icon="replay"
                onClick={() => {
                  asked.value = [summary];
                }}
              >
                Replay
              </Button>
            )}
          </>
        }
      />
      <div class="message-content">
        <div class="message-text">
          <BodyText text={body} />
        </div>
        <p class="message-marks">
          <StateBadge state={state} />
          <ConflictsBadge conflicts={conflicts} />
        </p>
        <Facts summary={summary} />
        <Tabs label="Of the message" tabs={tabs} chosen={panel} onChoose={setPanel} />
      </div>
    </article>
  );
}

/** The focus comes along where the list is hidden, or the message was opened by key. */
function useFocusOnOpening() {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (opensByKey.current || document.activeElement === document.body) {
      heading.current?.focus({ preventScroll: true });
    }
    opensByKey.current = false;
  }, []);
  return heading;
}
