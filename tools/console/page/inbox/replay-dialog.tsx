import { useState } from 'preact/hooks';
import { MAX_REPLAYED, type MessageSummary } from '../../protocol.ts';
import { Button } from '../ui/controls.tsx';
import { count, plural } from '../ui/format.ts';
import { Dialog, toast } from '../ui/notices.tsx';
import { Time } from '../ui/time.tsx';
import { BodyText, Numbers, oneLine } from './message-parts.tsx';
import { asked, deselect } from './replay.ts';
import { announce, startReplay } from './replay-runs.ts';

/** Shows which messages are to be published again, and publishes them. */
export function ReplayDialog({ messages }: { readonly messages: readonly MessageSummary[] }) {
  const [isUnderWay, setUnderWay] = useState(false);
  const them = plural(messages.length, 'message');
  const isTooMuch = messages.length > MAX_REPLAYED;
  const close = () => {
    asked.value = undefined;
  };
  const replay = async () => {
    setUnderWay(true);
    try {
      announce(await startReplay(messages));
      deselect(messages);
    } catch (error) {
      toast(`Not replayed. ${(error as Error).message}`, 'bad');
    }
    close();
  };
  return (
    <Dialog
      title={`Replay ${them}?`}
      onClose={close}
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button kind="primary" icon="replay" disabled={isUnderWay || isTooMuch} onClick={replay}>
            {isUnderWay ? 'Replaying…' : `Replay ${them}`}
          </Button>
        </>
      }
    >
      {isTooMuch ? (
        <p>
          At most {count(MAX_REPLAYED)} messages at once. Select fewer, or use{' '}
          <code>bin/inbound-sms replay</code>.
        </p>
      ) : (
        <>
          <p>
            Subscribers get {messages.length === 1 ? 'it' : 'them'} once more, with the attribute{' '}
            <code>replay</code>. The stored {messages.length === 1 ? 'message does' : 'messages do'}{' '}
            not change. The replay runs to its end, even if you close the page.
          </p>
          <MessageLines messages={messages} />
        </>
      )}
    </Dialog>
  );
}

/** One line for each message: sender, receiver, time, text. */
function MessageLines({ messages }: { readonly messages: readonly MessageSummary[] }) {
  return (
    <section
      class="replay-lines"
      aria-label="Messages"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
    >
      <ul>
        {messages.map(({ message_id, from, sms_number, received_at, body }) => (
          <li class="replay-line" key={message_id}>
            <div class="row-line">
              <Numbers from={from} to={sms_number} />
              <span class="row-time">
                <Time at={received_at} />
              </span>
            </div>
            <p class="row-body">
              <BodyText text={oneLine(body)} />
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
