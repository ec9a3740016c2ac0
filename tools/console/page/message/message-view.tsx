import { useEffect, useState } from 'preact/hooks';
import type { MessageDetail, MessageSummary } from '../../protocol.ts';
import './message.css';
import { ApiError, ask } from '../api.ts';
import { createFeed, type Feed, useFeed } from '../feed.ts';
import { finder, inbox, loaded, opened, queryIn, step } from '../inbox/inbox.ts';
import { besides } from '../inbox/message-list.ts';
import { BodyText, Numbers } from '../inbox/message-parts.tsx';
import { asked } from '../inbox/replay.ts';
import { stack } from '../live.ts';
import { ConflictsLink, RefusedMessage } from '../requests/refused-notice.tsx';
import { conversationHash, route } from '../route.ts';
import { Button, type Tab, Tabs } from '../ui/controls.tsx';
import { Icon } from '../ui/icons.tsx';
import { EmptyState } from '../ui/layout.tsx';
import { CopyMenu } from './copy-menu.tsx';
import { DetailBar } from './detail-bar.tsx';
import { Facts, NotificationPanel, RecordPanel } from './message-panels.tsx';
import { Timeline } from './timeline.tsx';
import { VerdictLine } from './verdict-line.tsx';

/** The known facts of a message, or why it cannot be shown. */
type Known = MessageDetail | ApiError;

type PanelName = 'timeline' | 'notification' | 'record';

/** A message with all its facts. The bar and the chosen panel stay when another message is opened. */
export function MessageView({ id }: { readonly id: string }) {
  const summary = opened.value;
  const [panel, setPanel] = useState<PanelName>('timeline');
  return (
    <article class="message" aria-label="Message">
      <DetailBar
        id={id}
        title={
          summary ? (
            <Numbers from={summary.from} to={summary.sms_number} finder={finder.value} />
          ) : (
            'Message'
          )
        }
        actions={<Actions summary={summary} />}
      />
      <Content key={id} id={id} summary={summary} panel={panel} onPanel={setPanel} />
    </article>
  );
}

function Actions({ summary }: { readonly summary: MessageSummary | undefined }) {
  const { newer, older } = summary ? besides(inbox.state.value.messages, summary) : NOTHING;
  return (
    <>
      <Button
        size="small"
        icon="up"
        aria-label="Previous message"
        title="Previous message (k)"
        aria-disabled={!newer}
        onClick={() => step('newer')}
      />
      <Button
        size="small"
        icon="down"
        aria-label="Next message"
        title="Next message (j)"
        aria-disabled={!older}
        onClick={() => step('older')}
      />
      {summary && (
        <a
          class="button button-secondary button-small"
          href={conversationHash(summary.from, summary.sms_number, queryIn(route.value))}
        >
          <Icon name="conversation" />
          Conversation
        </a>
      )}
      {summary && <CopyMenu key={summary.message_id} summary={summary} />}
      {summary && stack.value?.canReplay && (
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
  );
}

const NOTHING = { newer: undefined, older: undefined };

interface ContentProps {
  readonly id: string;
  /** The facts from the list, until the rest is loaded. */
  readonly summary: MessageSummary | undefined;
  readonly panel: PanelName;
  readonly onPanel: (panel: PanelName) => void;
}

function Content({ id, summary, panel, onPanel }: ContentProps) {
  const [feed] = useState(() => detailFeed(id));
  const known = useFeed(feed);
  const detail = known instanceof ApiError ? undefined : known;
  useEffect(() => {
    if (detail) loaded.value = detail.summary;
  }, [detail]);
  if (known instanceof ApiError) return <NotShown id={id} error={known} />;
  const shown = detail?.summary ?? summary;
  return (
    <div class="message-content">
      {shown && (
        <>
          <div class="message-text">
            <BodyText text={shown.body} finder={finder.value} />
          </div>
          <VerdictLine summary={shown} detail={detail} />
          <ConflictsLink id={id} conflicts={shown.conflicts} />
          <Facts summary={shown} timeline={detail?.timeline ?? []} />
        </>
      )}
      {detail && (
        <Tabs label="Of the message" tabs={tabsOf(detail)} chosen={panel} onChoose={onPanel} />
      )}
    </div>
  );
}

function NotShown({ id, error }: { readonly id: string; readonly error: ApiError }) {
  if (error.status !== 404) {
    return (
      <EmptyState icon="alert" title="The message cannot be read">
        <p>{error.message}</p>
      </EmptyState>
    );
  }
  return (
    <RefusedMessage id={id}>
      <EmptyState icon="search" title="There is no such message">
        <p>It was never stored here, or it was deleted.</p>
      </EmptyState>
    </RefusedMessage>
  );
}

function tabsOf({ timeline, hasCalls, notification, record }: MessageDetail): Tab<PanelName>[] {
  return [
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
}

/** A message, loaded again on each of its events. */
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
      // Only a deleted message disappears. After other errors, the shown facts stay.
      const stays = known !== undefined && !(known instanceof ApiError);
      if (error instanceof ApiError && (error.status === 404 || !stays)) return error;
      throw error;
    }
  };
  const feed: Feed<Known> = createFeed(load, { message: loadAgain, timeline: loadAgain });
  return feed;
}
