import { useState } from 'preact/hooks';
import { EMPTY_NUMBERS } from '../../../shared/text-search.ts';
import type { Attempt } from '../../protocol.ts';
import type { RefusedDetail, RefusedRequest } from '../../request-protocol.ts';
import { ApiError } from '../api.ts';
import { useFeed } from '../feed.ts';
import { MessageLink } from '../inbox/message-parts.tsx';
import { stack } from '../live.ts';
import { Fact } from '../message/message-panels.tsx';
import { attemptText } from '../message/timeline-steps.ts';
import { count, duration } from '../ui/format.ts';
import { CodeBlock, CopyButton, SafeText } from '../ui/texts.tsx';
import { Time } from '../ui/time.tsx';
import { adviceText, commandsOf, keptText, REASONS } from './reasons.ts';
import { refusedDetailFeed } from './refused-feed.ts';

interface RequestDetailProps {
  readonly id: string;
  /** The list's facts, while the rest is loaded. */
  readonly request?: RefusedRequest;
}

/** All facts of a refused request, and what to do about it. */
export function RequestDetail({ id, request: listed }: RequestDetailProps) {
  const [feed] = useState(() => refusedDetailFeed(id));
  const known = useFeed(feed);
  const detail = known instanceof ApiError ? undefined : known;
  const request = detail?.request ?? listed;
  return (
    <div class="refused-detail">
      {known instanceof ApiError && <p>{known.message}</p>}
      {request && (
        <>
          <Why request={request} />
          <Facts request={request} />
          <Attempts request={request} detail={detail} error={feed.error.value} />
          <Advice request={request} />
        </>
      )}
      {!known && !request && <p class="muted">{feed.error.value ?? 'Loading…'}</p>}
    </div>
  );
}

function Why({ request: { reason, faults } }: { readonly request: RefusedRequest }) {
  return (
    <div>
      <p>{REASONS[reason].meaning}</p>
      {faults !== undefined && (
        <ul class="refused-fault-list">
          {faults.split('; ').map((fault) => (
            <li key={fault}>
              <SafeText text={fault} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Facts({ request }: { readonly request: RefusedRequest }) {
  const { id, reason, message_id, from, sms_number, requests, kept } = request;
  const { received_at, last_received_at } = request;
  return (
    <dl class="facts">
      <Fact name="First attempt">
        <Time at={received_at} as="full" />
      </Fact>
      <Fact name="Last attempt">
        <Time at={last_received_at} as="full" />
      </Fact>
      <Fact name="Attempts">{count(requests)}</Fact>
      {from !== undefined && (
        <Fact name="From">
          {from === '' ? <em>{EMPTY_NUMBERS.from}</em> : <SafeText text={from} />}
        </Fact>
      )}
      {sms_number !== undefined && (
        <Fact name="To">
          <SafeText text={sms_number} />
        </Fact>
      )}
      {message_id !== undefined && (
        <Fact name="Id that was sent">
          <span class="facts-id">
            <code>
              <SafeText text={message_id} />
            </code>
            <CopyButton text={message_id} what="the id" isCompact />
            {(reason === 'conflict' || kept?.state === 'delivered since') && (
              <MessageLink id={message_id}>Open the stored message</MessageLink>
            )}
          </span>
        </Fact>
      )}
      <Fact name="Kept">
        {keptText(request)}{' '}
        {kept?.accepted_as !== undefined && kept.state === 'accepted' && (
          <MessageLink id={kept.accepted_as} />
        )}
      </Fact>
      {kept && (
        <>
          <Fact name="Kept until">
            <Time at={kept.expires_at} as="full" />
          </Fact>
          <Fact name="Quarantine id">
            <code>{id}</code>
          </Fact>
        </>
      )}
    </dl>
  );
}

interface AttemptsProps {
  readonly request: RefusedRequest;
  readonly detail: RefusedDetail | undefined;
  readonly error: string | undefined;
}

const LINE_PX = 24;
const MAX_RESERVED = 10;

/** The log may no longer have every attempt of a kept request. */
function Attempts({ request: { requests }, detail, error }: AttemptsProps) {
  if (!detail) {
    // The content below keeps its place when they arrive.
    const minHeight = LINE_PX * Math.min(requests, MAX_RESERVED);
    return (
      <p class="muted" style={{ minHeight }}>
        {error ?? 'Loading the attempts…'}
      </p>
    );
  }
  const { attempts } = detail;
  return (
    <div>
      {attempts.length > 0 && (
        <ol class="refused-attempts" aria-label="Attempts">
          {attempts.map((attempt) => (
            <li key={`${attempt.at} ${attempt.ms}`}>
              <AttemptLine attempt={attempt} />
            </li>
          ))}
        </ol>
      )}
      {attempts.length < requests && (
        <p class="muted small">
          {attempts.length === 0
            ? 'The single attempts are not known any more.'
            : `${count(attempts.length)} of ${count(requests)} attempts are still known.`}
        </p>
      )}
    </div>
  );
}

function AttemptLine({ attempt }: { readonly attempt: Attempt }) {
  const { at, ms, status } = attempt;
  return (
    <>
      <Time at={at} as="exact" /> <span class="figures">{status ?? 'no answer'}</span>{' '}
      {attemptText(attempt).title}
      <span class="muted"> · {duration(ms)}</span>
    </>
  );
}

function Advice({ request }: { readonly request: RefusedRequest }) {
  const text = adviceText(request);
  return (
    <div class="refused-advice">
      <h2>{text === '' ? 'Commands' : 'What to do'}</h2>
      {text !== '' && <p>{text}</p>}
      {commandsOf(request, stack.value?.selector).map((command) => (
        <CodeBlock key={command.label} {...command} wraps />
      ))}
      <p class="muted small">
        docs/errors.md describes every answer, and docs/cli.md the command <code>quarantine</code>.
      </p>
    </div>
  );
}
