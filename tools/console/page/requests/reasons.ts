import type { KeptRequest, Refusal, RefusedRequest } from '../../request-protocol.ts';

interface ReasonText {
  readonly label: string;
  /** One sentence. */
  readonly meaning: string;
  /** What to do about the cause. */
  readonly advice?: string;
  /** What to do with a kept request. */
  readonly kept?: string;
}

/** See lib/http/outcomes.ts and docs/errors.md. */
export const REASONS: Readonly<Record<Refusal, ReasonText>> = {
  invalid: {
    label: 'Form has faults',
    meaning: 'A field of the form is missing, repeated, malformed or too long.',
    advice: 'If it is from the PBX, tell the provider.',
    kept: 'To deliver what was kept, give the right values with --set.',
  },
  'not-a-form': {
    label: 'Not a form',
    meaning: 'The body is not a form with the fields of a message.',
    advice: 'If it is from the PBX, tell the provider.',
    kept: 'To deliver what was kept, give each field with --set.',
  },
  'too-large': {
    label: 'Too large',
    meaning: 'The form has more than 64 KiB.',
    advice: 'If it was a message, look for it in the fallback e-mails of the PBX.',
  },
  'source-not-allowed': {
    label: 'Address not allowed',
    meaning: 'The token is right, but the address is not in allowedSourceCidrs.',
    advice:
      'If it is from the PBX, add its address to the parameter allowedSourceCidrs and deploy.',
    kept: 'Then accept what was kept.',
  },
  'number-not-allowed': {
    label: 'Number not allowed',
    meaning: 'The number that it was sent to is not in allowedSmsNumbers.',
    advice: 'If the number is yours, add it to the parameter allowedSmsNumbers and deploy.',
    kept: 'Then accept what was kept.',
  },
  conflict: {
    label: 'Id reused',
    meaning: 'Another message with this id is stored, and was not overwritten.',
    kept: 'Compare the two. If both are real, accept this one: it gets a new id. If they are the same SMS, discard it.',
  },
  'unknown-token': {
    label: 'Wrong token',
    meaning:
      'The token in the URL is not a token of this webhook, or the request bypassed the edge.',
    advice:
      'If it is from the PBX, compare the URL in its portal with the one that inbound-sms url prints.',
  },
  'method-not-allowed': {
    label: 'Not a POST',
    meaning: 'Somebody opened the URL in a browser. There was no message.',
    advice: 'Nothing to do.',
  },
  throttled: {
    label: 'Throttled',
    meaning: 'There were too many requests at once.',
    advice: 'If there are few, nothing to do: the PBX tries again.',
  },
};

/** What is wrong with a request, in short: `body is missing`. */
export function wrongText({ reason, faults }: Pick<RefusedRequest, 'reason' | 'faults'>): string {
  return faults ?? REASONS[reason].meaning;
}

const QUARANTINE_ID = /^[0-9a-f]{32}$/;

const DECIDED: readonly KeptRequest['state'][] = ['accepted', 'discarded', 'delivered since'];

/** What to do about a request, in sentences. Empty if somebody has decided about it. */
export function adviceText(request: RefusedRequest): string {
  const { advice = '', kept = '' } = REASONS[request.reason];
  const state = request.kept?.state;
  if (state !== undefined && DECIDED.includes(state)) return '';
  const canAccept = state === 'waiting' || state === 'begun';
  const rest = canAccept ? kept : isDeleted(request) ? DELETED : '';
  return [advice, rest].filter(Boolean).join(' ');
}

const DELETED = 'What was kept is deleted: it can no longer be delivered from here.';

/** Whether it was kept and is now deleted. */
function isDeleted({ id, kept }: RefusedRequest): boolean {
  return !kept && QUARANTINE_ID.test(id);
}

/** lib/messages/quarantine.ts has the kept reasons. */
const NEVER_KEPT: readonly Refusal[] = ['unknown-token', 'method-not-allowed', 'throttled'];

/** The state of a request, in a sentence. */
export function keptText(request: RefusedRequest): string {
  const { reason, kept } = request;
  if (!kept) {
    if (isDeleted(request)) return 'It was kept, and has been deleted since.';
    return NEVER_KEPT.includes(reason)
      ? 'A request with this reason is never kept.'
      : 'It is not kept. If it was a message, the PBX e-mails it after its tenth attempt.';
  }
  return KEPT_TEXTS[kept.state];
}

const KEPT_TEXTS = {
  waiting: 'It is kept, and you can accept it.',
  cut: 'A part of it is kept. It can only be discarded.',
  'delivered since': 'The PBX has delivered the message since.',
  begun: 'Somebody has begun to accept it.',
  accepted: 'It was accepted and delivered as a message.',
  discarded: 'It was discarded.',
} as const;

interface Command {
  readonly label: string;
  readonly text: string;
}

const CALLED = 'bin/inbound-sms quarantine';
/** The number of digits of a quarantine_id that identify an entry. */
const ID_DIGITS = 12;
const SETTABLE = ['message_id', 'from', 'sms_number', 'body'];

/** Commands that show a kept request, and that decide about it. */
export function commandsOf(request: RefusedRequest, selector = ''): Command[] {
  const { id, kept, reason } = request;
  if (!kept) return [];
  const command = (verb: string, options = '') => ({
    label: `command to ${verb} it`,
    text: [CALLED, verb, id.slice(0, ID_DIGITS), options, selector].filter(Boolean).join(' '),
  });
  const { state } = kept;
  if (state === 'accepted' || state === 'discarded') return [command('show')];
  if (state === 'cut' || state === 'delivered since') return [command('show'), command('discard')];
  return [
    command('show'),
    command('accept', state === 'begun' ? '' : valuesFor(request)),
    ...(reason === 'conflict' ? [command('discard')] : []),
  ];
}

function valuesFor({ reason, faults = '' }: RefusedRequest): string {
  const fields =
    reason === 'not-a-form'
      ? ['from', 'sms_number', 'body']
      : faults.split('; ').map((fault) => fault.split(' ')[0] ?? '');
  const wrong = SETTABLE.filter((field) => fields.includes(field));
  return wrong.map((field) => `--set ${field}=VALUE`).join(' ');
}
