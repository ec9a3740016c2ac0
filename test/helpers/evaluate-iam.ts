/** A principal's request for an action on a resource, with other keys such as `aws:SecureTransport`. */
export interface IamRequest {
  /** An ARN, or the name of a service. */
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
}

/** Policies as JSON. The resource and the principal belong to one account. */
export interface Policies {
  readonly identity?: readonly unknown[];
  readonly resource?: readonly unknown[];
}

export type Decision = 'allowed' | 'denied explicitly' | 'denied implicitly';

/**
 * IAM's decision: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * It supports the parts of the policy language that this project's policies use.
 *
 * @throws {Error} If a policy uses any other part, for any request.
 */
export function evaluateIam(request: IamRequest, policies: Policies): Decision {
  const statements = [
    ...(policies.identity ?? []).flatMap((policy) => statementsOf(policy, 'identity')),
    ...(policies.resource ?? []).flatMap((policy) => statementsOf(policy, 'resource')),
  ];
  const effects = statements.filter((applies) => applies(request)).map(({ effect }) => effect);
  if (effects.includes('Deny')) return 'denied explicitly';
  return effects.includes('Allow') ? 'allowed' : 'denied implicitly';
}

type Test = (request: IamRequest) => boolean;
type Statement = Test & { readonly effect: 'Allow' | 'Deny' };
type Kind = 'identity' | 'resource';

/** Caches parsed policies, because tests ask thousands of questions about one. */
const READ = {
  identity: new WeakMap<object, Statement[]>(),
  resource: new WeakMap<object, Statement[]>(),
};

function statementsOf(policy: unknown, kind: Kind): Statement[] {
  const isObject = typeof policy === 'object' && policy !== null;
  const known = isObject && READ[kind].get(policy);
  if (known) return known;
  const statements = readPolicy(policy, kind);
  if (isObject) READ[kind].set(policy, statements);
  return statements;
}

function readPolicy(policy: unknown, kind: Kind): Statement[] {
  const { Version, Statement } = elementsOf(policy, ['Version', 'Statement'], ['Id']);
  if (Version !== '2012-10-17') throw unknown('Version', Version);
  return [Statement].flat().map((statement) => readStatement(statement, kind));
}

function readStatement(statement: unknown, kind: Kind): Statement {
  const needed = ['Effect', 'Action', 'Resource', ...(kind === 'resource' ? ['Principal'] : [])];
  const elements = elementsOf(statement, needed, ['Sid', 'Condition']);
  const { Effect, Action, Resource, Principal, Condition = {} } = elements;
  if (Effect !== 'Allow' && Effect !== 'Deny') throw unknown('Effect', Effect);
  const actions = textsOf('Action', Action).map(actionTest);
  const resources = textsOf('Resource', Resource).map(resourceTest);
  const principals = kind === 'resource' ? principalTests(Principal) : [() => true];
  const conditions = conditionTests(Condition);
  const applies: Test = (request) =>
    [actions, resources, principals].every((tests) => tests.some((test) => test(request))) &&
    conditions.every((test) => test(request));
  const effect: 'Allow' | 'Deny' = Effect;
  return Object.assign(applies, { effect });
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html */
function actionTest(pattern: string): Test {
  if (pattern !== '*' && !/^[a-z0-9-]+:[\w*?]+$/i.test(pattern)) throw unknown('Action', pattern);
  const wanted = wildcard(pattern.toLowerCase());
  return ({ action }) => wanted.test(action.toLowerCase());
}

/**
 * A wildcard matches within its segment. In the last segment, the resource's name, it also matches colons:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
function resourceTest(pattern: string): Test {
  if (pattern === '*') return () => true;
  const wanted = segmentsOf(pattern)?.map(wildcard);
  if (!wanted || pattern.includes('${')) throw unknown('Resource', pattern);
  return ({ resource }) => {
    const segments = segmentsOf(resource);
    return segments?.every((segment, place) => wanted[place]?.test(segment)) ?? false;
  };
}

/** `arn:partition:service:region:account:name`: a name may have colons. */
function segmentsOf(arn: string): string[] | undefined {
  return /^(arn):([^:]*):([^:]*):([^:]*):([^:]*):(.+)$/s.exec(arn)?.slice(1);
}

/** Does not support an account as principal, because then the account's own policies decide. */
function principalTests(principal: unknown): Test[] {
  if (principal === '*') return [() => true];
  return Object.entries(elementsOf(principal, [], ['AWS', 'Service'])).flatMap(([kind, value]) =>
    textsOf(kind, value).map((name): Test => {
      const isKnown = kind === 'Service' ? /^[a-z-]+\.amazonaws\.com$/ : /^arn:.*:(role|user)\//;
      if (!isKnown.test(name)) throw unknown('Principal', name);
      return (request) => request.principal === name;
    }),
  );
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const OPERATORS: Readonly<Record<string, (wanted: string, value: string) => boolean>> = {
  StringEquals: (wanted, value) => wanted === value,
  StringLike: (wanted, value) => wildcard(wanted).test(value),
  ArnEquals: (wanted, value) =>
    resourceTest(wanted)({ principal: '', action: '', resource: value }),
  Bool: (wanted, value) => wanted === value,
};

/** A missing key fulfils none of these operators. */
function conditionTests(condition: unknown): Test[] {
  return Object.entries(elementsOf(condition, [], Object.keys(OPERATORS))).flatMap(
    ([operator, keys]) => {
      const matches = OPERATORS[operator];
      if (!matches) throw unknown('Condition', operator);
      return Object.entries(keys as object).map(([key, value]): Test => {
        const wanted = textsOf(key, value);
        if (wanted.some((text) => text.includes('${'))) throw unknown(key, value);
        return ({ context = {} }) => {
          const given = context[key];
          return given !== undefined && wanted.some((text) => matches(text, given));
        };
      });
    },
  );
}

function elementsOf(
  value: unknown,
  needed: readonly string[],
  optional: readonly string[],
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw unknown('element', value);
  }
  const names = Object.keys(value);
  const other = names.find((name) => ![...needed, ...optional].includes(name));
  if (other !== undefined) throw unknown('element', other);
  const missing = needed.find((name) => !names.includes(name));
  if (missing !== undefined) throw new Error(`A policy lacks the element ${missing}`);
  return value as Record<string, unknown>;
}

function textsOf(name: string, value: unknown): string[] {
  const texts = [value].flat();
  if (texts.length === 0 || !texts.every((text) => typeof text === 'string')) {
    throw unknown(name, value);
  }
  return texts;
}

function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}

function unknown(what: string, value: unknown): Error {
  return new Error(`This evaluator does not know the ${what} ${JSON.stringify(value)}`);
}
