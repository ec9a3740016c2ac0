import { PBX_ATTEMPTS, type PbxDelivery, type PbxDeliveryAttempt } from '../../lab-protocol.ts';
import { parsedJson } from '../ui/format.ts';

/** One of the ten attempts that a message has. */
export type Step = 'accepted' | 'failed' | 'under way' | 'not needed';

/** All ten, in order. */
export function stepsOf({ attempts, state }: PbxDelivery): readonly Step[] {
  return Array.from({ length: PBX_ATTEMPTS }, (_, index): Step => {
    const attempt = attempts[index];
    if (attempt) return attempt.status === 200 ? 'accepted' : 'failed';
    return state === 'under way' && index === attempts.length ? 'under way' : 'not needed';
  });
}

/** The progress of a delivery, in a few words. */
export function progressOf({ attempts, state }: PbxDelivery): string {
  const count = attempts.length;
  if (state === 'delivered') {
    return count === 1 ? 'Delivered at the first attempt' : `Delivered at attempt ${count}`;
  }
  if (state === 'e-mailed') return `E-mailed after ${count} attempts`;
  return `Attempt ${Math.min(count + 1, PBX_ATTEMPTS)} of ${PBX_ATTEMPTS}`;
}

/** The status, or that there was no answer. */
export function statusOf({ status }: PbxDeliveryAttempt): string {
  return status === undefined ? 'No answer' : String(status);
}

/** Several deliveries in short: `3 delivered, 1 under way`. */
export function summaryOf(deliveries: readonly PbxDelivery[]): string {
  return (['delivered', 'under way', 'e-mailed'] as const)
    .map((state) => ({ state, count: deliveries.filter((one) => one.state === state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${count} ${state}`)
    .join(', ');
}

/** An answer to the PBX, in words. */
interface ReadAnswer {
  readonly title: string;
  readonly detail?: string;
  /** What is wrong with single fields. */
  readonly faults: readonly string[];
}

const MAX_SHOWN = 300;

/**
 * Reads an answer's body: problem details (RFC 9457), what the webhook says with a 200, what API
 * Gateway says by itself, or else the text as it is.
 */
export function readAnswer(body: string): ReadAnswer {
  const document = parsedJson(body);
  if (!isObject(document))
    return { title: shortened(body.trim()) || 'An empty answer', faults: [] };
  const { title, detail, outcome, message, errors } = document;
  const says = [title, outcome, message].find((text) => typeof text === 'string');
  return {
    title: says === undefined ? shortened(body) : shortened(String(says)),
    ...(typeof detail === 'string' && { detail: shortened(detail) }),
    faults: Array.isArray(errors) ? errors.flatMap(faultOf) : [],
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function faultOf(error: unknown): string[] {
  if (!isObject(error)) return [];
  const { field, reason } = error;
  const isFault = typeof field === 'string' && typeof reason === 'string';
  return isFault ? [shortened(`${field} ${reason}`)] : [];
}

function shortened(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
