import { isDeepStrictEqual } from 'node:util';
import type { Definition, MessageSchema } from './message-schema.ts';

/** Wording, on which no reader depends, and keywords with their own rules. */
const FREE = new Set(['title', 'description', 'properties', 'required']);

/**
 * Changes in the newer schema that could break a reader of the older one. By
 * docs/message-contract.md#versions, only fields and definitions may be added.
 */
export function incompatibilities(older: MessageSchema, newer: MessageSchema): string[] {
  const definitions = Object.entries(older.$defs).flatMap(([name, before]) => {
    const after = newer.$defs[name];
    return after ? changesOf(name, before, after) : [`${name} is gone`];
  });
  const formats = older.anyOf
    .filter(({ $ref }) => !newer.anyOf.some((format) => format.$ref === $ref))
    .map(({ $ref }) => `${$ref} is no message any more`);
  return [...definitions, ...formats];
}

function changesOf(name: string, before: Definition, after: Definition): string[] {
  const fields = Object.entries(before.properties ?? {}).flatMap(([field, schema]) => {
    const now = after.properties?.[field];
    if (!now) return [`${name}: ${field} is gone`];
    return isDeepStrictEqual(rulesOf(schema), rulesOf(now))
      ? []
      : [`${name}: ${field} has changed`];
  });
  const optional = (before.required ?? [])
    .filter((field) => !after.required?.includes(field))
    .map((field) => `${name}: ${field} may be missing`);
  const rules = isDeepStrictEqual(rulesOf(before), rulesOf(after))
    ? []
    : [`${name}: its rules have changed`];
  return [...fields, ...optional, ...rules];
}

function rulesOf(definition: Definition): Record<string, unknown> {
  return Object.fromEntries(Object.entries(definition).filter(([keyword]) => !FREE.has(keyword)));
}

export interface PinnedMessage {
  readonly attributes: Readonly<Record<string, string>>;
  readonly message: Readonly<Record<string, unknown>>;
}

/** The fields and attributes of a pinned message that are now published differently or not at all. */
export function losses(pinned: PinnedMessage, now: PinnedMessage): string[] {
  const lost = (before: Readonly<Record<string, unknown>>, after: typeof before) =>
    Object.keys(before).filter((name) => !isDeepStrictEqual(before[name], after[name]));
  return [
    ...lost(pinned.message, now.message),
    ...lost(pinned.attributes, now.attributes).map((name) => `attribute ${name}`),
  ];
}
