import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type Item = Record<string, AttributeValue>;

export interface Update {
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, AttributeValue>>;
}

/**
 * The item after an update of plain attributes: `SET a = :a, #b = :b REMOVE c`.
 *
 * @throws {Error} If the expression has more in it than that.
 */
export function updated(item: Item, update: Update): Item {
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = update;
  const result = { ...item };
  const clauses = update.UpdateExpression.matchAll(/\b([A-Z]+)\b(.*?)(?=\b[A-Z]+\b|$)/g);
  for (const [, keyword, list = ''] of clauses) {
    for (const part of list.split(',')) {
      const [path = '', placeholder = ''] = part.split('=').map((side) => side.trim());
      const name = names[path] ?? path;
      const value = values[placeholder];
      if (keyword === 'REMOVE') delete result[name];
      else if (keyword === 'SET' && value) result[name] = value;
      else throw new Error(`The stub does not know the update ${update.UpdateExpression}`);
    }
  }
  return result;
}
