import type { Resource, Template } from './template.ts';

/** A route of the HTTP API and its function. */
export interface Route {
  /** `ANY /sms/{token}`, or `$default`. */
  readonly key: string;
  readonly functionArn: string;
  /** How long API Gateway waits for the function. */
  readonly timeoutMs: number;
}

export interface RouteMatch {
  readonly route: Route;
  /** As in the event: percent-decoded. Absent if the route has no parameters. */
  readonly pathParameters?: Record<string, string>;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/** The routes of the template's HTTP API. */
export function readRoutes(template: Template): Route[] {
  const integrations = new Map(
    template
      .resourcesOf('AWS::ApiGatewayV2::Integration')
      .map((integration) => [`integrations/${template.ref(integration.logicalId)}`, integration]),
  );
  return template
    .resourcesOf('AWS::ApiGatewayV2::Route')
    .map((route) => readRoute(route, integrations));
}

function readRoute(route: Resource, integrations: Map<string, Resource>): Route {
  const key = String(route.get('RouteKey'));
  const integration = integrations.get(String(route.get('Target')));
  if (integration?.get('PayloadFormatVersion') !== '2.0') {
    throw new Error(`The route "${key}" leads to no function with payload format 2.0`);
  }
  return {
    key,
    functionArn: String(integration.get('IntegrationUri')),
    timeoutMs: Number(integration.get('TimeoutInMillis') ?? DEFAULT_TIMEOUT_MS),
  };
}

/**
 * Finds the route of a request, the most specific first, as API Gateway does.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function routeMatcher(
  routes: readonly Route[],
): (method: string, path: string) => RouteMatch | undefined {
  const ordered = routes.toSorted((a, b) => (specificity(a) < specificity(b) ? -1 : 1));
  return (method, path) => {
    for (const route of ordered) {
      const parameters = matchRoute(route, method, path);
      if (!parameters) continue;
      return Object.keys(parameters).length > 0 ? { route, pathParameters: parameters } : { route };
    }
    return undefined;
  };
}

/** A sort key. A more specific route comes first. */
function specificity({ key }: Route): string {
  if (key === '$default') return '~';
  const [method, path] = split(key);
  const ranks = path.map((segment) => (isGreedy(segment) ? '3' : isParameter(segment) ? '2' : '1'));
  return `${ranks.join('')}${method === 'ANY' ? '1' : '0'}`;
}

/** The path's parameters. Undefined if the route does not match. */
function matchRoute(
  { key }: Route,
  method: string,
  path: string,
): Record<string, string> | undefined {
  if (key === '$default') return {};
  const [routeMethod, pattern] = split(key);
  if (routeMethod !== 'ANY' && routeMethod !== method) return undefined;

  const segments = path.split('/').slice(1);
  const parameters: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const isRest = isGreedy(expected);
    const actual = isRest ? segments.slice(index).join('/') : segments[index];
    if (isParameter(expected)) {
      if (!actual) return undefined;
      parameters[expected.replace(/^\{|\+?\}$/g, '')] = percentDecode(actual);
      if (isRest) return parameters;
    } else if (actual !== expected) return undefined;
  }
  return segments.length === pattern.length ? parameters : undefined;
}

function split(key: string): [method: string, path: string[]] {
  const [method = '', path = ''] = key.split(' ');
  return [method, path.split('/').slice(1)];
}

const isParameter = (segment: string): boolean => segment.startsWith('{');
const isGreedy = (segment: string): boolean => segment.endsWith('+}');

function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The path of the webhook's route with the current token, which is the last one. */
export function webhookPath(routes: readonly Route[], tokens: string): string {
  const [, path] = routes.find(({ key }) => key.includes('{token}'))?.key.split(' ') ?? [];
  if (!path) throw new Error('The template has no route with a {token}');
  return path.replace('{token}', tokens.split(',').at(-1)?.trim() ?? '');
}

/** API Gateway's throttling by a token bucket. */
export interface ThrottleSettings {
  /** Requests per second. */
  readonly rate: number;
  /** Requests at the same time. */
  readonly burst: number;
}

/** The throttle of the template's `$default` stage, if it sets one. */
export function readThrottle(template: Template): ThrottleSettings | undefined {
  const [stage] = template.resourcesOf('AWS::ApiGatewayV2::Stage');
  const { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst } = (stage?.get(
    'DefaultRouteSettings',
  ) ?? {}) as { ThrottlingRateLimit?: number; ThrottlingBurstLimit?: number };
  return rate === undefined || burst === undefined
    ? undefined
    : { rate: Number(rate), burst: Number(burst) };
}

/**
 * Returns a function that tells, at each call, whether another request may pass.
 *
 * @param now Ms from any starting point.
 */
export function createThrottle(
  { rate, burst }: ThrottleSettings,
  now: () => number = performance.now.bind(performance),
): () => boolean {
  let tokens = burst;
  let at = now();
  return () => {
    const time = now();
    tokens = Math.min(burst, tokens + ((time - at) / 1000) * rate);
    at = time;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}
