import { useEffect, useRef } from 'preact/hooks';
import './app.css';
import { ActivityView } from './activity/activity-view.tsx';
import { ChaosView } from './chaos/chaos-view.tsx';
import { opened } from './inbox/inbox.ts';
import { InboxView } from './inbox/inbox-view.tsx';
import { connection, stack } from './live.ts';
import { RequestsView } from './requests/requests-view.tsx';
import { inboxHash, type Route, route } from './route.ts';
import { SendView } from './send/send-view.tsx';
import { KeysDialog } from './shell/keys-dialog.tsx';
import { pageTitle, sectionOf } from './shell/sections.ts';
import { ShellHeader } from './shell/shell-header.tsx';
import { StackView } from './shell/stack-view.tsx';
import { SubscribersView } from './subscribers/subscribers-view.tsx';
import { EmptyState, View } from './ui/layout.tsx';
import { Toasts } from './ui/notices.tsx';

/** The page: the header, and below it the view that the address names. */
export function App() {
  const main = useRef<HTMLElement>(null);
  const section = sectionOf(route.value);
  const title = pageTitle(route.value, stack.value?.name, opened.value?.from);
  useEffect(() => {
    document.title = title;
  }, [title]);
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current) {
      scrollTo(0, 0);
      main.current?.focus({ preventScroll: true });
    }
    isFirst.current = false;
  }, [section]);
  return (
    <div class="shell">
      <ShellHeader section={section} onSkip={() => main.current?.focus()} />
      {connection.value === 'lost' && (
        <p class="shell-notice" role="status">
          The console’s server does not answer. This page may be out of date. It continues when the
          server is back.
        </p>
      )}
      <main class="shell-main" id="content" ref={main} tabIndex={-1}>
        {connection.value === 'refused' ? <NoSession /> : <CurrentView route={route.value} />}
      </main>
      <KeysDialog />
      <Toasts />
    </div>
  );
}

function NoSession() {
  return (
    <View title="This console needs a session">
      <EmptyState icon="system" title="Open the URL that inbound-sms console has printed">
        <p>
          The URL begins a session once, in one browser. To get a new URL, start the command again.
          That ends this session.
        </p>
      </EmptyState>
    </View>
  );
}

function CurrentView({ route: { view } }: { readonly route: Route }) {
  const isLab = view === 'send' || view === 'chaos' || view === 'subscribers';
  if (isLab && stack.value?.isLocal === false) {
    return (
      <View title="Not available">
        <EmptyState icon="system" title="Only the local stack has this">
          <p>
            Start it with <code>npm start</code> to try things out.{' '}
            {view === 'subscribers' && (
              <>
                <code>bin/inbound-sms subscribers</code> lists the subscribers of this stack.{' '}
              </>
            )}
            <a href={inboxHash()}>To the inbox</a>
          </p>
        </EmptyState>
      </View>
    );
  }
  const Current = VIEWS[view];
  return <Current />;
}

const VIEWS = {
  inbox: InboxView,
  message: InboxView,
  conversation: InboxView,
  send: SendView,
  chaos: ChaosView,
  subscribers: SubscribersView,
  requests: RequestsView,
  activity: ActivityView,
  stack: StackView,
  unknown: NotFound,
};

function NotFound() {
  return (
    <View title="Not found">
      <EmptyState icon="search" title="There is nothing at this address">
        <p>
          <a href={inboxHash()}>To the inbox</a>
        </p>
      </EmptyState>
    </View>
  );
}
