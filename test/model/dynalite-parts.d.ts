/** The parts of dynalite that evaluate a request, without its server. They are not typed. */

declare module 'dynalite/validations/index.js' {
  /** Parses every expression of a request into fields of it. Returns what is wrong, or nothing. */
  export function validateExpressions(data: object): string | undefined;
  /** Returns the conditions by attribute, or what is wrong with the expression. */
  export function convertKeyCondition(
    expression: unknown,
  ): string | Record<string, import('./expressions.ts').KeyCondition>;
}

declare module 'dynalite/db/index.js' {
  type Value = import('@aws-sdk/client-dynamodb').AttributeValue;
  export function compare(operator: string, value: Value, operands: readonly Value[]): boolean;
}

declare module 'dynalite/actions/*' {
  /** Applies a parsed request to a store. Calls back at once where the store does. */
  export default function apply(
    store: object,
    data: object,
    done: (error: Error | null, answer?: Record<string, unknown>) => void,
  ): void;
}
