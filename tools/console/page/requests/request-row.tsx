import type { RefusedRequest } from '../../request-protocol.ts';
import { plural } from '../ui/format.ts';
import { Badge } from '../ui/layout.tsx';
import { SafeText } from '../ui/texts.tsx';
import { Time } from '../ui/time.tsx';
import { type RefusedFilters, refusedHash } from './filters.ts';
import { REASONS } from './reasons.ts';
import { RequestDetail } from './request-detail.tsx';

interface RequestRowProps {
  readonly request: RefusedRequest;
  /** The filters of its list. */
  readonly filters: RefusedFilters;
  readonly isOpen: boolean;
}

/** A refused request. The link opens or closes its details. */
export function RequestRow({ request, filters, isOpen }: RequestRowProps) {
  const { id, reason, status, faults, message_id, received_at, requests, kept } = request;
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
        <span class="refused-id mono">
          {message_id === undefined ? (
            <span class="muted">no id</span>
          ) : (
            <SafeText text={message_id} />
          )}
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
