import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { convertKeyCondition, validateExpressions } from 'dynalite/validations/index.js';

export interface KeyCondition {
  readonly ComparisonOperator: string;
  readonly AttributeValueList: readonly AttributeValue[];
}

/** A request's expressions, as dynalite's actions want them. */
export interface ParsedExpressions {
  readonly _condition?: object;
  readonly _updates?: { readonly sections: readonly object[] };
  readonly keyConditions?: Readonly<Record<string, KeyCondition>>;
}

interface Expressions {
  readonly ConditionExpression?: string | undefined;
  readonly UpdateExpression?: string | undefined;
  readonly KeyConditionExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Record<string, string> | undefined;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue> | undefined;
}

type Slots = Record<string, Record<string, unknown>>;

const cache = new Map<string, { readonly slots: Slots; readonly parsed: ParsedExpressions }>();

/**
 * Parses a request's expressions. dynalite's parser takes milliseconds for an expression with
 * parentheses and puts the values into the tree, so the trees are kept and their values replaced: the
 * result holds until the next request with the same expressions.
 */
export function parseExpressions({
  ConditionExpression,
  UpdateExpression,
  KeyConditionExpression,
  ExpressionAttributeNames: names = {},
  ExpressionAttributeValues: values = {},
}: Expressions): ParsedExpressions {
  // A tree depends on the types of the values.
  const types = Object.entries(values).map(([name, value]) => name + Object.keys(value)[0]);
  const expressions = [ConditionExpression, UpdateExpression, KeyConditionExpression];
  const key = [...expressions, ...Object.entries(names).flat(), ...types].join('\n');
  let entry = cache.get(key);
  if (!entry) {
    const slots = structuredClone(values) as unknown as Slots;
    const request = {
      ConditionExpression,
      UpdateExpression,
      KeyConditionExpression,
      ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
      ...(types.length > 0 && { ExpressionAttributeValues: slots }),
    };
    entry = { slots, parsed: parse(request) };
    cache.set(key, entry);
  }
  for (const [name, value] of Object.entries(values)) Object.assign(entry.slots[name] ?? {}, value);
  const { _updates, ...rest } = entry.parsed;
  // Applying an update writes to its sections.
  const sections = _updates?.sections.map((section) => ({ ...section }));
  return { ...rest, ...(_updates && sections && { _updates: { ..._updates, sections } }) };
}

function parse(
  request: object & { _keyCondition?: { readonly expression: unknown } },
): ParsedExpressions {
  const fault = validateExpressions(request);
  if (fault) throw new Error(fault);
  if (!request._keyCondition) return request as ParsedExpressions;
  const keyConditions = convertKeyCondition(request._keyCondition.expression);
  if (typeof keyConditions === 'string') throw new Error(keyConditions);
  return { ...(request as ParsedExpressions), keyConditions };
}
