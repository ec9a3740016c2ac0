import { BlockList, isIP } from 'node:net';

/** A subscription's attributes `FilterPolicy` and `FilterPolicyScope`, as SNS returns them. */
export interface SubscriptionFilter {
  /** JSON. Without it, every message passes. */
  readonly policy?: string | undefined;
  /** `MessageAttributes`, unless SNS says `MessageBody`. */
  readonly scope?: string | undefined;
}

/** What SNS compares: the message's JSON, and its attributes, all of the type String. */
export interface Filtered {
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Whether SNS delivers a message to a subscription, by SNS's rules:
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 *
 * @throws {SyntaxError} If the policy is no JSON. SNS would have refused it.
 */
export function filterOf({ policy, scope }: SubscriptionFilter): (what: Filtered) => boolean {
  const rules = asObject(JSON.parse(policy || '{}')) ?? {};
  if (Object.keys(rules).length === 0) return () => true;
  return ({ message, attributes }) => {
    const values = scope === 'MessageBody' ? parsed(message) : attributes;
    return values !== undefined && matches(rules, values, Object.keys(values).length > 0);
  };
}

/** Each key must match. For a key, one condition must match. */
function matches(rules: Json, values: Json, hasProperties: boolean): boolean {
  return Object.entries(rules).every(([key, rule]) => {
    if (key === '$or' && Array.isArray(rule)) {
      return rule.some((each) => matches(asObject(each) ?? {}, values, hasProperties));
    }
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    if (Array.isArray(rule)) {
      const leaves = leavesOf(value);
      return rule.some((condition) => holds(condition, leaves, hasProperties));
    }
    const nested = asObject(rule);
    if (!nested) return false;
    const objects = [value].flat().map((each) => asObject(each) ?? {});
    return objects.some((each) => matches(nested, each, hasProperties));
  });
}

/** `exists` is about the property, every other operator about its values. */
function holds(condition: unknown, leaves: readonly unknown[], hasProperties: boolean): boolean {
  const { exists } = asObject(condition) ?? {};
  if (exists === undefined) return leaves.some((leaf) => accepts(condition, leaf));
  const isThere = leaves.some((leaf) => leaf !== null && leaf !== '');
  return exists ? isThere : !isThere && hasProperties;
}

function accepts(condition: unknown, value: unknown): boolean {
  const operation = asObject(condition);
  if (!operation) return condition === value;
  const [[operator = '', operand] = []] = Object.entries(operation);
  if (operator === 'anything-but') return !isExcluded(operand, value);
  if (operator === 'numeric') return isInRange(operand, value);
  return typeof value === 'string' && typeof operand === 'string'
    ? (TEXT_OPERATORS[operator]?.(value, operand) ?? false)
    : false;
}

/** `anything-but`: a value, several values, or an operation with one or several texts. */
function isExcluded(operand: unknown, value: unknown): boolean {
  const operation = asObject(operand);
  if (!operation) return [operand].flat().includes(value);
  return Object.entries(operation).some(([operator, texts]) =>
    [texts].flat().some((text) => accepts({ [operator]: text }, value)),
  );
}

const TEXT_OPERATORS: Readonly<Record<string, (value: string, operand: string) => boolean>> = {
  prefix: (value, prefix) => value.startsWith(prefix),
  suffix: (value, suffix) => value.endsWith(suffix),
  'equals-ignore-case': (value, other) => value.toLowerCase() === other.toLowerCase(),
  wildcard: (value, pattern) => wildcard(pattern).test(value),
  cidr: isInNetwork,
};

/** `*` stands for any text, also of several lines. */
function wildcard(pattern: string): RegExp {
  const texts = pattern.split('*').map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${texts.join('.*')}$`, 's');
}

function isInNetwork(address: string, cidr: string): boolean {
  const [network = '', bits] = cidr.split('/');
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(address) === 0 || isIP(address) !== isIP(network)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(address, family);
}

const COMPARISONS: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  '=': (value, limit) => value === limit,
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
};

/** `numeric`: `[">", 0, "<=", 150]`. A text of digits is no number. */
function isInRange(range: unknown, value: unknown): boolean {
  if (typeof value !== 'number' || !Array.isArray(range)) return false;
  return range.every((comparison, index) =>
    index % 2 === 1 ? true : COMPARISONS[comparison]?.(value, range[index + 1]),
  );
}

/** The values of a property, for a list each of its values. An object has none. */
function leavesOf(value: unknown): readonly unknown[] {
  return [value].flat(Infinity).filter((each) => each !== undefined && !asObject(each));
}

function asObject(value: unknown): Json | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Json) : undefined;
}

function parsed(message: string): Json | undefined {
  try {
    return asObject(JSON.parse(message));
  } catch {
    return undefined;
  }
}
