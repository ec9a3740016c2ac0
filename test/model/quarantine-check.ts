import type { QuarantineEntry } from '../../lib/messages/quarantine.ts';
import type { Publication } from './memory-sns.ts';
import { originOf, type PbxRequest, REQUESTS, UNLISTED } from './pbx-requests.ts';
import { textOf } from './quarantine-watch.ts';
import type { World } from './world.ts';

/** Longer than every lease. */
const PAUSE_MS = 600_000;

/**
 * Operators accept what is left, one after the other and without faults. It may take two runs: the first may
 * find that an acceptance that was begun has come to nothing.
 */
export async function acceptEverything(world: World, drain: () => Promise<void>): Promise<void> {
  const { entries } = world.aws.watch.quarantine;
  for (let run = 0; run < 2; run++) {
    for (const key of entries.keys()) {
      const entry = entries.get(key);
      if (!entry || isDone(entry)) continue;
      await world.advance(PAUSE_MS);
      await world.operate(entry, 'nothing');
      await drain();
    }
  }
}

function isDone({ accepted_at, discarded_at }: QuarantineEntry): boolean {
  return accepted_at !== undefined || discarded_at !== undefined;
}

/** Checks that only an operator has a request published that is refused. */
export function checkRefused(world: World): void {
  for (const { message_id, body } of world.aws.sns.published) {
    const request = requestOf(body);
    if (!request || world.acceptedTexts.has(request.body)) continue;
    const isAllowed = world.allowsAllNumbers || request.sms_number !== UNLISTED;
    if (isAllowed && request.message_id === message_id && request.body === body) continue;
    world.violated(`${body} was published as ${message_id}, and nobody has accepted it`);
  }
}

/** Checks that each request became one message, at the end of the last acceptance. */
export function checkAccepted(world: World): void {
  const { watch, sns } = world.aws;
  for (const entry of watch.quarantine.entries.values()) {
    const { quarantine_id, acceptance, accepted_at, discarded_at } = entry;
    if (discarded_at !== undefined) continue;
    const id = acceptance?.message_id ?? '';
    const isPublished = sns.publicationsOf(id).some(({ body }) => originOf(body) === textOf(entry));
    if (accepted_at === undefined) world.violated(`${quarantine_id} was not accepted`);
    else if (!isPublished) world.violated(`${quarantine_id} was not published as ${id}`);
  }
  const stored = [...watch.records.values()];
  for (const { body } of Object.values(REQUESTS)) {
    const ids = idsOf(body, [...stored, ...sns.published]);
    if (ids.length > 1) world.violated(`${body} became ${ids.length} messages: ${ids.join(', ')}`);
  }
}

/** The messages that came from one request. */
function idsOf(text: string, messages: readonly Publication[]): string[] {
  const its = messages.filter(({ body }) => originOf(body) === text);
  return [...new Set(its.map(({ message_id }) => message_id))];
}

function requestOf(text: string): PbxRequest | undefined {
  return Object.values(REQUESTS).find(({ body }) => body === originOf(text));
}
