import { randomUUID } from 'node:crypto';

/** A request as it is sent. */
export interface PbxRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null for a method without a body. */
  readonly body: string | null;
}

/** Numbers that ACMA reserves for fiction, so nobody has them. */
export const FICTITIOUS = { from: '+61491570006', sms_number: '+61491570156' } as const;

/** The message's fields. An `undefined` field is not sent. */
export type MessageFields = Readonly<Record<string, string | undefined>>;

/** More fields with names that the form already has. */
export type RepeatedFields = readonly (readonly [name: string, value: string])[];

/**
 * The form of a message, with the fields and the order of the provider's guide. Missing fields are made up:
 * a new id, the current time.
 *
 * @param url The endpoint, which the PBX sends along.
 */
export function pbxFields(url: string, message: MessageFields = {}): Record<string, string> {
  const fields: MessageFields = {
    service_id: '12345',
    ...FICTITIOUS,
    body: 'Test Message',
    message_id: randomUUID(),
    timestamp: String(Math.floor(Date.now() / 1000)),
    webhook_url: url,
    webhook_url_fallback: 'you@example.com',
    ...message,
  };
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** The PBX's request for a form. */
export function formRequest(
  fields: Readonly<Record<string, string>>,
  repeated: RepeatedFields = [],
): PbxRequest {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: String(
      new URLSearchParams([...Object.entries(fields), ...repeated].map(([...pair]) => pair)),
    ),
  };
}

interface Malformation {
  /** What is wrong with it, for people. */
  readonly means: string;
  /** The webhook's answer: docs/errors.md. */
  readonly status: number;
  readonly alter: (request: PbxRequest) => PbxRequest;
}

/** Malformed requests. A webhook must not answer any of them with 200. */
export const MALFORMED = {
  'no-message-id': without('message_id'),
  'no-body': without('body'),
  'control-character': {
    means: 'a control character in the sender',
    status: 400,
    alter: ({ body, ...rest }) => ({ ...rest, body: set(body, 'from', 'a\u0007b') }),
  },
  'repeated-field': {
    means: 'a field is there twice',
    status: 400,
    alter: ({ body, ...rest }) => ({ ...rest, body: `${body}&body=again` }),
  },
  json: {
    means: 'JSON instead of a form',
    status: 415,
    alter: ({ method, body }) => ({
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(new URLSearchParams(body ?? ''))),
    }),
  },
  'too-large': {
    means: 'a text of 100,000 characters',
    status: 413,
    alter: ({ body, ...rest }) => ({ ...rest, body: set(body, 'body', 'x'.repeat(100_000)) }),
  },
  get: {
    means: 'GET instead of POST',
    status: 405,
    alter: () => ({ method: 'GET', headers: {}, body: null }),
  },
} as const satisfies Record<string, Malformation>;

export type MalformedKind = keyof typeof MALFORMED;

export const MALFORMED_KINDS = Object.keys(MALFORMED) as MalformedKind[];

function without(field: string): Malformation {
  return {
    means: `the form has no ${field}`,
    status: 400,
    alter: ({ body, ...rest }) => {
      const form = new URLSearchParams(body ?? '');
      form.delete(field);
      return { ...rest, body: String(form) };
    },
  };
}

function set(body: string | null, field: string, value: string): string {
  const form = new URLSearchParams(body ?? '');
  form.set(field, value);
  return String(form);
}
