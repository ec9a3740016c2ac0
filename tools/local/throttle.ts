import type { Template } from './template.ts';

/** What an HTTP API lets through: API Gateway's token bucket. */
export interface ThrottleSettings {
  /** Requests a second. */
  readonly rate: number;
  /** Requests at once. */
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
 * Whether one more request may pass, at each call.
 *
 * @param now Ms, from any beginning.
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
