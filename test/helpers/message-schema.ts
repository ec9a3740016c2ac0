import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/** A message's field, with the keywords that this project's schemas use. */
export interface FieldSchema {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string;
  readonly const?: string;
  readonly additionalProperties?: { readonly type: string };
  readonly [keyword: string]: unknown;
}

/** A definition of the schema. One without `properties` is shared by fields. */
export interface Definition extends FieldSchema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, FieldSchema>>;
}

export interface MessageSchema {
  readonly $id: string;
  /** The formats of a message. */
  readonly anyOf: readonly { readonly $ref: string }[];
  readonly $defs: Readonly<Record<string, Definition>>;
  readonly [keyword: string]: unknown;
}

export function readSchema(file: string): MessageSchema {
  return JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'));
}

/** docs/message.schema.json, the definition of published messages. */
export const MESSAGE_SCHEMA = readSchema('docs/message.schema.json');

/**
 * Validates by one definition of a schema, as a subscriber would.
 *
 * @param closed Whether unknown fields are faults.
 * @throws {Error} If the schema is not valid JSON Schema 2020-12, or has a misplaced keyword.
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

/** Place and reason of each fault, one line each. Never a value. */
export function faultsOf(validate: ValidateFunction, value: unknown): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const { unevaluatedProperty: unknown } = params;
    return `${instancePath || 'it'} ${message}${unknown === undefined ? '' : `: ${unknown}`}`;
  });
}
