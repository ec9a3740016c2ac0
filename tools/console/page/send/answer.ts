/** What an answer to the PBX says, for people. */
export interface ReadAnswer {
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
  const document = parse(body);
  if (!document) return { title: shortened(body.trim()) || 'An empty answer', faults: [] };
  const { title, detail, outcome, message, errors } = document;
  const says = [title, outcome, message].find((text) => typeof text === 'string');
  return {
    title: says === undefined ? shortened(body) : shortened(String(says)),
    ...(typeof detail === 'string' && { detail: shortened(detail) }),
    faults: Array.isArray(errors) ? errors.flatMap(faultOf) : [],
  };
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function faultOf(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { field, reason } = error as Record<string, unknown>;
  return typeof field === 'string' && typeof reason === 'string'
    ? [shortened(`${field} ${reason}`)]
    : [];
}

function shortened(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
