import { useFeed } from '../feed.ts';
import { Mail } from '../message/mail.tsx';
import { plural } from '../ui/format.ts';
import { ListCard } from '../ui/layout.tsx';
import { emails, statuses } from './statuses.ts';

/** The e-mails to `email` subscribers. Renders nothing if there is no such subscriber. */
export function EmailsCard() {
  const known = useFeed(emails);
  const hasReceiver = statuses.state.value?.some(({ kind }) => kind === 'email') ?? false;
  const total = known?.length ?? 0;
  if (!hasReceiver && total === 0) return null;
  return (
    <ListCard
      title={total > 0 ? `Outbox: ${plural(total, 'e-mail')}` : 'Outbox'}
      items={known}
      error={emails.error.value}
      page={5}
      unit="e-mail"
      empty={
        <p class="card-notice muted">
          No e-mail yet. <a href="#/send">Send a message</a>
        </p>
      }
    >
      {(email) => <Mail key={email.id} email={email} />}
    </ListCard>
  );
}
