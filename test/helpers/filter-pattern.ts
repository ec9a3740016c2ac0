/** `{ $.field = "text" }`, `{ $.field != 12 }`: one comparison, as far as this project has any. */
const COMPARISON = /^\{ *\$\.(?<field>\w+) *(?<operator>!?=) *(?<operand>"[^"*]*"|\d+) *\}$/;

/**
 * Whether CloudWatch Logs' JSON filter pattern matches a log event. A quoted operand is compared with
 * texts and a bare one with numbers: 429 does not match "429".
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
 *
 * @throws {Error} If this does not know the pattern.
 */
export function matchesPattern(pattern: string, event: string): boolean {
  const { field = '', operator, operand = '' } = COMPARISON.exec(pattern)?.groups ?? {};
  if (!operator) throw new Error(`What does this pattern mean: ${pattern}`);
  const value = (JSON.parse(event) as Record<string, unknown>)[field];
  const isEqual = value === JSON.parse(operand);
  return operator === '=' ? isEqual : value !== undefined && !isEqual;
}
