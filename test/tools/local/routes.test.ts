import { describe, expect, test } from 'vitest';
import { readRoutes, routeMatcher } from '../../../tools/local/routes.ts';
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
  ])('%s %s is none', (method, path) => {
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

  test('speak payload format 2.0', () => {
    const Resources = resources({ PayloadFormatVersion: '1.0' });
    expect(() => readRoutes(new Template({ Resources }, 'stack'))).toThrow(
      'The route "ANY /sms/{token}" leads to no function with payload format 2.0',
    );
  });
});
