import { RequestFault } from '../server/responses.ts';

/** A filter policy on message attributes. */
export type FilterPolicy = Readonly<Record<string, unknown>>;

/** What each operator is given. */
const OPERATORS: Readonly<Record<string, (operand: unknown) => string | undefined>> = {
  prefix: text,
  suffix: text,
  wildcard: text,
  cidr: text,
  'equals-ignore-case': text,
  exists: (operand) => (typeof operand === 'boolean' ? undefined : 'must be true or false'),
  'anything-but': faultOfAnythingBut,
  numeric: () => NOT_A_NUMBER,
};

const NOT_A_NUMBER = 'is for numbers: every attribute here is a text, and would never match';

/**
 * Reads a policy, and refuses what SNS would: the emulator takes more. Its limits are the emulator's to say.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 *
 * @throws {RequestFault}
 */
export function readFilterPolicy(json: string): FilterPolicy {
  let policy: unknown;
  try {
    policy = JSON.parse(json);
  } catch (error) {
    throw new RequestFault(`The policy is no JSON: ${(error as Error).message}`);
  }
  if (!isObject(policy)) throw new RequestFault('The policy must be a JSON object.');
  checkKeys(policy);
  return policy;
}

/** The attributes that a policy asks about. */
export function attributesIn(policy: FilterPolicy): Set<string> {
  const { $or: groups, ...own } = policy;
  const others = Array.isArray(groups) ? groups.flatMap((group) => [...attributesIn(group)]) : [];
  return new Set([...Object.keys(own), ...others]);
}

function checkKeys(policy: FilterPolicy): void {
  for (const [key, conditions] of Object.entries(policy)) {
    if (key === '$or') checkGroups(conditions);
    else checkConditions(key, conditions);
  }
}

function checkGroups(groups: unknown): void {
  if (!Array.isArray(groups) || groups.length < 2 || !groups.every(isObject)) {
    throw new RequestFault('"$or" must be a list of two or more objects.');
  }
  groups.forEach(checkKeys);
}

function checkConditions(key: string, conditions: unknown): void {
  if (!Array.isArray(conditions) || conditions.length === 0) {
    throw new RequestFault(`"${key}" must be a list of what may match, such as ["a", "b"].`);
  }
  for (const condition of conditions) {
    const fault = faultOfCondition(condition);
    if (fault) throw new RequestFault(`"${key}": ${JSON.stringify(condition)} ${fault}.`);
  }
}

function faultOfCondition(condition: unknown): string | undefined {
  if (typeof condition === 'number') return `${NOT_A_NUMBER}; write it in quotes`;
  if (!isObject(condition)) return Array.isArray(condition) ? 'is a list in a list' : undefined;
  const [[operator, operand] = ['', undefined], ...others] = Object.entries(condition);
  const check = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (!check || others.length > 0) {
    return `must have exactly one of ${Object.keys(OPERATORS).join(', ')}`;
  }
  return check(operand);
}

function faultOfAnythingBut(operand: unknown): string | undefined {
  if (isObject(operand)) {
    const [[operator, value] = ['', undefined], ...others] = Object.entries(operand);
    const isKnown = ['prefix', 'suffix', 'wildcard'].includes(operator) && others.length === 0;
    return isKnown ? text(value) : 'may have a prefix, a suffix or a wildcard, and one of them';
  }
  const values = Array.isArray(operand) ? operand : [operand];
  return values.length > 0 && values.every((value) => typeof value === 'string')
    ? undefined
    : 'must be followed by a text, or a list of texts';
}

function text(operand: unknown): string | undefined {
  return typeof operand === 'string' ? undefined : 'must be followed by a text';
}

function isObject(value: unknown): value is FilterPolicy {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
