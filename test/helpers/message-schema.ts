import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/** A field of a message, as far as this project's schemas go. */
export interface FieldSchema {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string;
  readonly const?: string;
  readonly additionalProperties?: { readonly type: string };
  readonly [keyword: string]: unknown;
}

/** One of the schema's definitions; what has no `properties` is shared by fields. */
export interface Definition extends FieldSchema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, FieldSchema>>;
}

export interface MessageSchema {
  readonly $id: string;
  /** The formats that a message may have. */
  readonly anyOf: readonly { readonly $ref: string }[];
  readonly $defs: Readonly<Record<string, Definition>>;
  readonly [keyword: string]: unknown;
}

export function readSchema(file: string): MessageSchema {
  return JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'));
}

/** docs/message.schema.json: the definition of what is published. */
export const MESSAGE_SCHEMA = readSchema('docs/message.schema.json');

/**
 * Validates against one definition of a schema, as a subscriber would.
 *
 * @param closed Whether fields that the definition does not have are faults.
 * @throws {Error} If the schema is not one of JSON Schema 2020-12, or has a keyword out of place.
 */
export function validatorOf(
  schema: MessageSchema,
  definition: string,
  { closed = false } = {},
): ValidateFunction {
  const ajv = new Ajv2020({ allErrors: true });
  ajv.addSchema(schema);
  const $ref = `${schema.$id}#/$defs/${definition}`;
  return ajv.compile(closed ? { type: 'object', $ref, unevaluatedProperties: false } : { $ref });
}

/** Where and why, in one line each; never a value. */
export function faultsOf(validate: ValidateFunction, value: unknown): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const { unevaluatedProperty: unknown } = params;
    return `${instancePath || 'it'} ${message}${unknown === undefined ? '' : `: ${unknown}`}`;
  });
}
