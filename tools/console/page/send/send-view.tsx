import { keysOf, useFeed } from '../feed.ts';
import { Mail } from '../message/mail.tsx';
import { Badge, ListCard, View } from '../ui/layout.tsx';
import { Deliveries } from './deliveries.tsx';
import { emailKey, outbox } from './pbx.ts';
import './send.css';
import { SendForm } from './send-form.tsx';

/** The PBX, simulated. */
export function SendView() {
  return (
    <View
      title="Send"
      lead="Sends as your PBX does: it posts a message to the webhook, tries again until it is answered 200, and e-mails the message after the tenth attempt."
    >
      <div class="view-grid send-view">
        <SendForm />
        <Deliveries />
        <Outbox />
      </div>
    </View>
  );
}

/** The fallback e-mails that the PBX would have sent. */
function Outbox() {
  const emails = useFeed(outbox);
  const keys = keysOf(emails ?? [], emailKey);
  const total = emails?.length ?? 0;
  return (
    <div class="send-outbox">
      <ListCard
        title="Fallback e-mails"
        actions={total > 0 && <Badge tone="warn">{total}</Badge>}
        items={emails}
        error={outbox.error.value}
        empty={
          <p class="card-notice muted">
            No e-mail yet. The PBX sends one after the tenth failed attempt.
          </p>
        }
      >
        {(email, index) => <Mail key={keys[index]} email={email} />}
      </ListCard>
    </div>
  );
}
