import { useEffect, useRef, useState } from 'preact/hooks';
import type { MessageDetail } from '../../protocol.ts';
import './message-view.css';
import { BodyText } from '../inbox/body-text.tsx';
import { ConflictsBadge } from '../inbox/conflicts-badge.tsx';
import { opensByKey } from '../inbox/focus.ts';
import { queryIn } from '../inbox/inbox.ts';
import { Numbers } from '../inbox/numbers.tsx';
import { StateBadge } from '../inbox/state-badge.tsx';
import { stack } from '../live.ts';
import { ReplayDialog } from '../replay/replay-dialog.tsx';
import { conversationHash, route } from '../route.ts';
import { Button, type Tab, Tabs } from '../ui/controls.tsx';
import { Icon } from '../ui/icons.tsx';
import { EmptyState } from '../ui/layout.tsx';
import { DetailBar } from './detail-bar.tsx';
import { Facts } from './facts.tsx';
import { NotificationPanel, RecordPanel } from './panels.tsx';
import { Timeline } from './timeline.tsx';
import { useDetail } from './use-detail.ts';

/** A message, and all that is known of it. */
export function MessageView({ id }: { readonly id: string }) {
  const { detail, error } = useDetail(id);
  if (detail) return <Detail detail={detail} />;
  return (
    <>
      <DetailBar title="Message" />
      {error && (
        <EmptyState
          icon={error.status === 404 ? 'search' : 'alert'}
          title={error.status === 404 ? 'There is no such message' : 'It cannot be read'}
        >
          <p>
            {error.status === 404
              ? 'It was never stored here, or its time to be kept is over.'
              : error.message}
          </p>
        </EmptyState>
      )}
    </>
  );
}

type PanelName = 'timeline' | 'notification' | 'record';

function Detail({ detail }: { readonly detail: MessageDetail }) {
  const { summary } = detail;
  const { message_id, from, sms_number, body, state, conflicts } = summary;
  const [panel, setPanel] = useState<PanelName>('timeline');
  const [isReplaying, setReplaying] = useState(false);
  const heading = useFocusOnOpening();
  const tabs: readonly Tab<PanelName>[] = [
    {
      name: 'timeline',
      label: 'Timeline',
      panel: () => <Timeline events={detail.timeline} hasCalls={detail.hasCalls} />,
    },
    {
      name: 'notification',
      label: 'Notification',
      panel: () => <NotificationPanel notification={detail.notification} />,
    },
    { name: 'record', label: 'Record', panel: () => <RecordPanel record={detail.record} /> },
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
              <Button size="small" icon="replay" onClick={() => setReplaying(true)}>
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
      {isReplaying && <ReplayDialog ids={[message_id]} onClose={() => setReplaying(false)} />}
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
