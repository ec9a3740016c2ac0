import type { PbxDelivery, PbxDeliveryAttempt } from '../../lab-protocol.ts';
import { useFeed } from '../feed.ts';
import { BodyText, MessageLink, Numbers } from '../inbox/message-parts.tsx';
import { duration } from '../ui/format.ts';
import { Icon, type IconName } from '../ui/icons.tsx';
import { Badge, EmptyState, ListCard, type Tone } from '../ui/layout.tsx';
import { CodeBlock, SafeText } from '../ui/texts.tsx';
import { Time } from '../ui/time.tsx';
import { type DeliveryGroup, deliveries, groupDeliveries } from './pbx.ts';
import { progressOf, readAnswer, statusOf, stepsOf, summaryOf } from './progress.ts';

/** The sent messages and their deliveries. */
export function Deliveries() {
  const known = useFeed(deliveries);
  return (
    <div class="send-deliveries">
      <ListCard
        title="Deliveries"
        items={known && groupDeliveries(known)}
        error={deliveries.error.value}
        page={15}
        empty={
          <EmptyState icon="send" title="Nothing has been sent yet">
            <p>
              Send a message. Each attempt appears here, with its answer and the next step of the
              PBX.
            </p>
          </EmptyState>
        }
      >
        {(group, place) => <DeliveryItem key={group.key} group={group} place={place} />}
      </ListCard>
    </div>
  );
}

const STATES: Record<PbxDelivery['state'], { readonly tone: Tone; readonly icon: IconName }> = {
  'under way': { tone: 'info', icon: 'clock' },
  delivered: { tone: 'good', icon: 'check' },
  'e-mailed': { tone: 'warn', icon: 'mail' },
};
const STEP_ICONS = { accepted: 'check', failed: 'close' } as const;

/** The number of running deliveries that show their attempts at first. */
const MAX_OPEN = 3;

interface DeliveryItemProps {
  readonly group: DeliveryGroup;
  /** The position in the list: 0 is the latest. */
  readonly place: number;
}

/** A message and the deliveries of each copy. */
function DeliveryItem({ group: { deliveries }, place }: DeliveryItemProps) {
  const [latest] = deliveries;
  if (!latest) return null;
  const { message_id, from, sms_number, body, request, started_at } = latest;
  const isOne = deliveries.length === 1;
  return (
    <li class="delivery">
      <div class="entry-head">
        <Numbers from={from} to={sms_number} />
        <Time at={started_at} />
      </div>
      <p class="delivery-text">
        <BodyText text={body} />
      </p>
      {!isOne && (
        <p class="small muted">
          {deliveries.length} posts: {summaryOf(deliveries)}
        </p>
      )}
      {deliveries.map((delivery) => (
        <details key={delivery.id} class="delivery-copy" open={isOne && isOpen(delivery, place)}>
          <summary>
            <Progress delivery={delivery} />
          </summary>
          <AttemptList attempts={delivery.attempts} />
        </details>
      ))}
      <div class="entry-foot">
        <details>
          <summary>Raw request</summary>
          {/* Lines of HTTP end with both; the form itself has neither. */}
          <CodeBlock
            label="request"
            text={request}
            shown={request.replaceAll('\r\n', '\n')}
            wraps
          />
        </details>
        <MessageLink id={message_id} />
      </div>
    </li>
  );
}

function isOpen({ state }: PbxDelivery, place: number): boolean {
  return place === 0 || (state === 'under way' && place < MAX_OPEN);
}

function Progress({ delivery }: { readonly delivery: PbxDelivery }) {
  const { tone, icon } = STATES[delivery.state];
  return (
    <span class="delivery-progress">
      <Badge tone={tone} icon={icon}>
        {progressOf(delivery)}
      </Badge>
      <span class="steps" aria-hidden="true">
        {stepsOf(delivery).map((step, index) => (
          <span key={index} class={`step step-${step.replace(' ', '-')}`}>
            {step in STEP_ICONS && (
              <Icon name={STEP_ICONS[step as keyof typeof STEP_ICONS]} size={10} />
            )}
          </span>
        ))}
      </span>
    </span>
  );
}

/** Each attempt with its answer. */
function AttemptList({ attempts }: { readonly attempts: readonly PbxDeliveryAttempt[] }) {
  if (attempts.length === 0) return null;
  return (
    <ol class="attempts" aria-label="Attempts">
      {attempts.map((attempt, index) => (
        <li key={index} class="attempt">
          <Time at={attempt.at} />{' '}
          <strong class={attempt.status === 200 ? 'attempt-accepted' : 'attempt-failed'}>
            {statusOf(attempt)}
          </strong>{' '}
          <span class="muted figures">{duration(attempt.ms)}</span> <Answer body={attempt.answer} />
        </li>
      ))}
    </ol>
  );
}

function Answer({ body }: { readonly body: string }) {
  const { title, detail, faults } = readAnswer(body);
  return (
    <span class="attempt-answer">
      <SafeText text={title} />
      {[detail, ...faults].map(
        (more) =>
          more !== undefined && (
            <span key={more} class="attempt-more muted">
              <SafeText text={more} />
            </span>
          ),
      )}
    </span>
  );
}
