/** `{ $.field = "text" }`, `{ $.field != 12 }`: one comparison. This project uses no others. */
const COMPARISON = /^\{ *\$\.(?<field>\w+) *(?<operator>!?=) *(?<operand>"[^"*]*"|\d+) *\}$/;

/**
 * Whether CloudWatch Logs' JSON filter pattern matches a log event. A quoted operand is compared with
 * texts, and a bare one with numbers, so 429 does not match "429".
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
 *
 * @throws {Error} If the pattern is not supported.
 */
export function matchesPattern(pattern: string, event: string): boolean {
  const { field = '', operator, operand = '' } = COMPARISON.exec(pattern)?.groups ?? {};
  if (!operator) throw new Error(`What does this pattern mean: ${pattern}`);
  const value = (JSON.parse(event) as Record<string, unknown>)[field];
  const isEqual = value === JSON.parse(operand);
  return operator === '=' ? isEqual : value !== undefined && !isEqual;
}
