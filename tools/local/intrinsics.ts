/** A value of a compiled template. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
export type Properties = { [key: string]: Value };

/** Gives the names in an expression their values. */
export interface Scope {
  ref(name: string): Resolved;
  attribute(logicalId: string, attribute: string): string;
  condition(name: string): boolean;
}

/** The value of `AWS::NoValue`. A property or entry with it is left out. */
export const NO_VALUE = Symbol('AWS::NoValue');
export type Resolved = Value | typeof NO_VALUE;

type Intrinsic = (argument: Value, scope: Scope) => Resolved;

/**
 * CloudFormation's intrinsic functions.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
 */
const INTRINSICS: Record<string, Intrinsic> = {
  Ref: (name, { ref }) => ref(text(name)),
  'Fn::GetAtt': (path, { attribute }) => {
    const [logicalId = '', ...rest] = typeof path === 'string' ? path.split('.') : list(path);
    return attribute(text(logicalId), rest.join('.'));
  },
  'Fn::Sub': substitute,
  'Fn::Join': (argument, scope) => {
    const [separator, parts] = pair(argument, scope);
    return list(parts).map(text).join(text(separator));
  },
  'Fn::Split': (argument, scope) => {
    const [separator, whole] = pair(argument, scope);
    return text(whole).split(text(separator));
  },
  'Fn::Select': (argument, scope) => {
    const [index, values] = pair(argument, scope);
    const value = list(values)[Number(index)];
    if (value === undefined) throw new Error(`Fn::Select has no entry ${index}`);
    return value;
  },
  'Fn::If': (argument, scope) => {
    const [condition = null, whenTrue = null, whenFalse = null] = list(argument);
    return resolve(scope.condition(text(condition)) ? whenTrue : whenFalse, scope);
  },
  'Fn::Equals': (argument, scope) => {
    const [left, right] = pair(argument, scope);
    return JSON.stringify(left) === JSON.stringify(right);
  },
  'Fn::And': (argument, scope) => list(argument).every((condition) => holds(condition, scope)),
  'Fn::Or': (argument, scope) => list(argument).some((condition) => holds(condition, scope)),
  'Fn::Not': (argument, scope) => !list(argument).some((condition) => holds(condition, scope)),
  Condition: (name, { condition }) => condition(text(name)),
};

/** The value of an expression, with all functions applied. */
export function resolve(value: Value, scope: Scope): Resolved {
  if (Array.isArray(value))
    return value.map((v) => resolve(v, scope)).filter((v) => v !== NO_VALUE);
  if (value === null || typeof value !== 'object') return value;

  const [[key, argument] = ['', null], ...others] = Object.entries(value);
  const isCall =
    others.length === 0 && (key === 'Ref' || key === 'Condition' || key.startsWith('Fn::'));
  if (!isCall) return resolveProperties(value, scope);
  const intrinsic = INTRINSICS[key];
  if (!intrinsic) throw new Error(`The local stack does not know the function ${key}`);
  return intrinsic(argument, scope);
}

/** Resolves each property. Leaves out those that are `AWS::NoValue`. */
export function resolveProperties(properties: Properties, scope: Scope): Properties {
  const resolved: Properties = {};
  for (const [name, value] of Object.entries(properties)) {
    const result = resolve(value, scope);
    if (result !== NO_VALUE) resolved[name] = result;
  }
  return resolved;
}

/** Whether a condition expression is true. */
export function holds(condition: Value, scope: Scope): boolean {
  const result = resolve(condition, scope);
  if (typeof result !== 'boolean') throw new Error(`Not a condition: ${JSON.stringify(condition)}`);
  return result;
}

function substitute(argument: Value, scope: Scope): string {
  const [template, variables = {}] = Array.isArray(argument) ? argument : [argument];
  const own = resolveProperties(variables as Properties, scope);
  return text(template ?? null).replace(
    /\$\{(!?)([^}]+)\}/g,
    (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (own[name] !== undefined) return text(own[name]);
      const [logicalId = '', ...attribute] = name.split('.');
      return attribute.length > 0
        ? scope.attribute(logicalId, attribute.join('.'))
        : text(scope.ref(name));
    },
  );
}

/** The arguments of a function with two arguments. */
function pair(argument: Value, scope: Scope): [Value, Value] {
  const [first, second, ...others] = list(resolve(argument, scope));
  if (first === undefined || second === undefined || others.length > 0) {
    throw new Error(`Two arguments are needed, not ${JSON.stringify(argument)}`);
  }
  return [first, second];
}

function list(value: Resolved): Value[] {
  if (!Array.isArray(value)) throw new Error(`Not a list: ${show(value)}`);
  return value;
}

function text(value: Resolved): string {
  if (value === null || typeof value === 'object' || typeof value === 'symbol') {
    throw new Error(`Not a text: ${show(value)}`);
  }
  return String(value);
}

function show(value: Resolved): string {
  return typeof value === 'symbol' ? 'AWS::NoValue' : JSON.stringify(value);
}
