import { keysOf, useFeed } from '../feed.ts';
import { MessageLink } from '../inbox/message-parts.tsx';
import { Badge, Card } from '../ui/layout.tsx';
import { SafeText } from '../ui/texts.tsx';
import { Time } from '../ui/time.tsx';
import './outbox.css';
import { emailKey } from './delivery-list.ts';
import { outbox } from './feeds.ts';

/** The fallback e-mails that the PBX would have sent. */
export function Outbox() {
  const emails = useFeed(outbox);
  const keys = keysOf(emails ?? [], emailKey);
  const total = emails?.length ?? 0;
  return (
    <div class="send-outbox">
      <Card
        title="Fallback e-mails"
        actions={total > 0 && <Badge tone="warn">{total}</Badge>}
        isFlush
      >
        {total === 0 && (
          <p class="card-notice muted">
            {emails
              ? 'None. The PBX sends one when the tenth attempt has failed.'
              : (outbox.error.value ?? 'Loading…')}
          </p>
        )}
        <ul class="mail-list">
          {emails?.map(({ at, to, subject, text, message_id }, index) => (
            <li key={keys[index]}>
              <details class="mail">
                <summary>
                  <span class="entry-head">
                    <strong class="mail-subject">
                      <SafeText text={subject} />
                    </strong>
                    <Time at={at} />
                  </span>
                  <span class="mail-to muted small">
                    To <SafeText text={to} />
                  </span>
                </summary>
                <div class="mail-text">
                  <SafeText text={text} />
                </div>
                <MessageLink id={message_id} />
              </details>
            </li>
          ))}
        </ul>
      </Card>
    </div>
  );
}
