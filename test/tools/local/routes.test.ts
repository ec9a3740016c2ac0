import { describe, expect, it, onTestFinished, test } from 'vitest';
import { startGateway } from '../../../tools/local/gateway.ts';
import {
  createThrottle,
  readRoutes,
  readThrottle,
  routeMatcher,
} from '../../../tools/local/routes.ts';
import { Template } from '../../../tools/local/template.ts';

const routes = (...keys: string[]) =>
  keys.map((key) => ({ key, functionArn: 'arn', timeoutMs: 1000 }));

describe('the route of a request', () => {
  const match = routeMatcher(
    routes(
      '$default',
      'ANY /{proxy+}',
      'ANY /sms/{token}',
      'GET /sms/{token}',
      'GET /sms/help',
      'GET /a/{b}/c',
      'GET /files/{path+}',
    ),
  );

  test.each([
    ['GET', '/sms/help', 'GET /sms/help', undefined],
    ['GET', '/sms/test', 'GET /sms/{token}', { token: 'test' }],
    ['POST', '/sms/test', 'ANY /sms/{token}', { token: 'test' }],
    ['POST', '/sms/help', 'ANY /sms/{token}', { token: 'help' }],
    ['POST', '/sms/a%20b%2Fc', 'ANY /sms/{token}', { token: 'a b/c' }],
    ['POST', '/sms/%zz', 'ANY /sms/{token}', { token: '%zz' }],
    ['POST', '/sms/test/', 'ANY /{proxy+}', { proxy: 'sms/test/' }],
    ['POST', '/sms/', 'ANY /{proxy+}', { proxy: 'sms/' }],
    ['GET', '/a/1/c', 'GET /a/{b}/c', { b: '1' }],
    ['GET', '/files/x/y', 'GET /files/{path+}', { path: 'x/y' }],
    ['GET', '/', '$default', undefined],
  ])('%s %s is %s', (method, path, key, pathParameters) => {
    const found = match(method, path);
    expect(found?.route.key).toBe(key);
    expect(found?.pathParameters).toEqual(pathParameters);
  });

  test.each([
    ['POST', '/sms/help'],
    ['GET', '/sms'],
    ['GET', '/SMS/help'],
    ['GET', '/sms/help/more'],
    ['GET', '/'],
  ])('%s %s has none', (method, path) => {
    expect(routeMatcher(routes('GET /sms/help'))(method, path)).toBeUndefined();
  });
});

describe('the routes of a template', () => {
  const resources = (integration: Record<string, string | number>) => ({
    Route: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        RouteKey: 'ANY /sms/{token}',
        Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] },
      },
    },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: { IntegrationUri: 'arn', ...integration },
    },
  });

  test('lead to their functions', () => {
    const Resources = resources({ PayloadFormatVersion: '2.0', TimeoutInMillis: 5000 });
    expect(readRoutes(new Template({ Resources }, 'stack'))).toEqual([
      { key: 'ANY /sms/{token}', functionArn: 'arn', timeoutMs: 5000 },
    ]);
  });

  test('use payload format 2.0', () => {
    const Resources = resources({ PayloadFormatVersion: '1.0' });
    expect(() => readRoutes(new Template({ Resources }, 'stack'))).toThrow(
      'The route "ANY /sms/{token}" leads to no function with payload format 2.0',
    );
  });
});

/** How many of `count` simultaneous requests pass. */
const passing = (mayPass: () => boolean, count: number) =>
  Array.from({ length: count }, mayPass).filter(Boolean).length;

it('a throttle allows a burst, and then the rate', () => {
  let time = 0;
  const mayPass = createThrottle({ rate: 10, burst: 5 }, () => time);
  expect(passing(mayPass, 20)).toBe(5);
  time += 300;
  expect(passing(mayPass, 20)).toBe(3);
  time += 60_000;
  expect(passing(mayPass, 20)).toBe(5);
});

it('the throttle comes from the template’s stage, if it has one', () => {
  const templateWith = (DefaultRouteSettings?: Record<string, number>) =>
    new Template(
      {
        Resources: {
          HttpApiStage: {
            Type: 'AWS::ApiGatewayV2::Stage',
            Properties: DefaultRouteSettings ? { DefaultRouteSettings } : {},
          },
        },
      },
      'stack',
    );
  const settings = { ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 };
  expect(readThrottle(templateWith(settings))).toEqual({ rate: 7, burst: 9 });
  expect(readThrottle(templateWith())).toBeUndefined();
});

it('a request over the throttle is answered 429 and reaches no function', async () => {
  const seen: unknown[] = [];
  const gateway = await startGateway({
    routes: [{ key: 'ANY /sms/{token}', functionArn: 'arn', timeoutMs: 5_000 }],
    throttle: { rate: 0, burst: 2 },
    invoke: async (_, event) => {
      seen.push(event);
      return { ok: true, result: { statusCode: 200 } };
    },
  });
  onTestFinished(() => gateway[Symbol.asyncDispose]());
  const post = () => fetch(`${gateway.url}/sms/a`, { method: 'POST', body: 'from=1' });
  const answers = [await post(), await post(), await post()];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  expect(await answers[2]?.json()).toEqual({ message: 'Too Many Requests' });
  expect(seen).toHaveLength(2);
});
