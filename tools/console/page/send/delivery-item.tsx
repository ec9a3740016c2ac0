import type { PbxDelivery } from '../../protocol.ts';
import { BodyText, MessageLink, Numbers } from '../inbox/message-parts.tsx';
import { Icon, type IconName } from '../ui/icons.tsx';
import { Badge, type Tone } from '../ui/layout.tsx';
import { CodeBlock } from '../ui/texts.tsx';
import { Time } from '../ui/time.tsx';
import { AttemptList } from './attempt-list.tsx';
import './delivery.css';
import type { DeliveryGroup } from './delivery-list.ts';
import { progressOf, stepsOf, summaryOf } from './progress.ts';

const STATES: Record<PbxDelivery['state'], { readonly tone: Tone; readonly icon: IconName }> = {
  'under way': { tone: 'info', icon: 'clock' },
  delivered: { tone: 'good', icon: 'check' },
  'e-mailed': { tone: 'warn', icon: 'mail' },
};
const STEP_ICONS = { accepted: 'check', failed: 'close' } as const;

/** So many that are under way show their attempts without being asked. */
const MAX_OPEN = 3;

interface DeliveryItemProps {
  readonly group: DeliveryGroup;
  /** In the list; the latest is the first, 0. */
  readonly place: number;
}

/** A message, and how each post of it goes. */
export function DeliveryItem({ group: { deliveries }, place }: DeliveryItemProps) {
  const [latest, ...others] = deliveries;
  const { message_id, from, sms_number, body, request, started_at } = latest;
  return (
    <li class="delivery">
      <div class="entry-head">
        <Numbers from={from} to={sms_number} />
        <Time at={started_at} />
      </div>
      <p class="delivery-text">
        <BodyText text={body} />
      </p>
      {others.length > 0 && (
        <p class="small muted">
          {deliveries.length} posts: {summaryOf(deliveries)}
        </p>
      )}
      {deliveries.map((delivery) => (
        <details
          key={delivery.id}
          class="delivery-copy"
          open={others.length === 0 && isOpen(delivery, place)}
        >
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
