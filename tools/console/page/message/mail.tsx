import { MessageLink } from '../inbox/message-parts.tsx';
import './mail.css';
import { SafeText } from '../ui/texts.tsx';
import { Time } from '../ui/time.tsx';

interface MailProps {
  readonly email: {
    readonly at: number;
    readonly from?: string;
    readonly to: string;
    readonly subject: string;
    readonly text: string;
    readonly message_id?: string;
  };
}

/** An e-mail in a list. An open one is as wide as on a phone. */
export function Mail({ email }: MailProps) {
  const { at, from, to, subject, text, message_id } = email;
  return (
    <li>
      <details class="mail">
        <summary>
          <span class="entry-head">
            <strong class="mail-subject">
              <SafeText text={subject} />
            </strong>
            <Time at={at} />
          </span>
          {from !== undefined && (
            <span class="mail-party muted small">
              From <SafeText text={from} />
            </span>
          )}
          <span class="mail-party muted small">
            To <SafeText text={to} />
          </span>
        </summary>
        <div class="mail-text">
          <SafeText text={text} />
        </div>
        {message_id !== undefined && <MessageLink id={message_id} />}
      </details>
    </li>
  );
}
