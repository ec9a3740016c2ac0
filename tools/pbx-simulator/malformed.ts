import type { PbxRequest } from './request.ts';

interface Malformation {
  /** What is wrong with it, for people. */
  readonly means: string;
  /** What the webhook answers: docs/errors.md. */
  readonly status: number;
  readonly alter: (request: PbxRequest) => PbxRequest;
}

/** Requests as no PBX should make them, and each one that a webhook must not answer 200. */
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
