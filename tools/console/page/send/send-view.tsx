import { View } from '../ui/layout.tsx';
import { Deliveries } from './deliveries.tsx';
import { Outbox } from './outbox.tsx';
import './send.css';
import { SendForm } from './send-form.tsx';

/** The PBX, simulated. */
export function SendView() {
  return (
    <View
      title="Send"
      lead="What your PBX would do: it posts a message to the webhook, tries again unless it is answered 200, and e-mails the message after the tenth attempt."
    >
      <div class="view-grid send-view">
        <SendForm />
        <Deliveries />
        <Outbox />
      </div>
    </View>
  );
}
