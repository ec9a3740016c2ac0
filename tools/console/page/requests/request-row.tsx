import type { RefusedRequest } from '../../request-protocol.ts';
import type { Finder } from '../../search.ts';
import { Numbers } from '../inbox/message-parts.tsx';
import { plural } from '../ui/format.ts';
import { Badge } from '../ui/layout.tsx';
import { Highlighted, SafeText } from '../ui/texts.tsx';
import { Time } from '../ui/time.tsx';
import { type RefusedFilters, refusedHash } from './filters.ts';
import { REASONS } from './reasons.ts';
import { RequestDetail } from './request-detail.tsx';

interface RequestRowProps {
  readonly request: RefusedRequest;
  /** The filters of its list. */
  readonly filters: RefusedFilters;
  readonly isOpen: boolean;
  /** What the search has found in it. */
  readonly finder: Finder | undefined;
}

/** A refused request. The link opens or closes its details. */
export function RequestRow({ request, filters, isOpen, finder }: RequestRowProps) {
  const { id, reason, status, faults, message_id, from, sms_number, kept } = request;
  const { received_at, requests } = request;
  const hasNumbers = from !== undefined || sms_number !== undefined;
  return (
    <li class="refused">
      <a
        class="refused-row"
        href={isOpen ? refusedHash(filters) : refusedHash(filters, id)}
        aria-expanded={isOpen}
      >
        <Time at={received_at} />
        <span class="refused-status-code figures">{status}</span>
        <span class="refused-why">
          <span class="refused-reason">{REASONS[reason].label}</span>
          {faults !== undefined && (
            <span class="refused-faults">
              <SafeText text={faults} />
            </span>
          )}
        </span>
        <span class="refused-what">
          {hasNumbers && <Numbers from={from} to={sms_number ?? ''} finder={finder} />}
          <span class="refused-id mono">
            {message_id === undefined ? (
              <span class="muted">no id</span>
            ) : (
              <Highlighted text={message_id} places={finder?.inText(message_id)} />
            )}
          </span>
        </span>
        <span class="refused-count figures">{plural(requests, 'attempt')}</span>
        {kept && BADGES[kept.state]}
      </a>
      {isOpen && <RequestDetail id={id} request={request} />}
    </li>
  );
}

/** A badge marks the requests that need no decision. */
const BADGES = {
  waiting: null,
  cut: null,
  begun: <Badge tone="warn">accepting</Badge>,
  'delivered since': <Badge tone="good">delivered since</Badge>,
  accepted: <Badge tone="good">accepted</Badge>,
  discarded: <Badge>discarded</Badge>,
};
