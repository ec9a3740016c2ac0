import { beforeAll, describe, expect, it } from 'vitest';
import { type Compiled, compile, EVERYTHING } from '../helpers/compiled-template.ts';

let plain: Compiled;
let everything: Compiled;

beforeAll(async () => {
  [plain, everything] = await Promise.all([compile({}), compile({ params: EVERYTHING })]);
});

const properties = (from: Compiled, id: string) => from.resource(id).Properties;

describe('the HTTP API', () => {
  it('throttles', () => {
    const throttle = (from: Compiled) => {
      const { ThrottlingRateLimit, ThrottlingBurstLimit } = properties(
        from,
        'HttpApiStage',
      ).DefaultRouteSettings;
      return [ThrottlingRateLimit, ThrottlingBurstLimit];
    };
    expect(throttle(plain)).toEqual([100, 200]);
    expect(throttle(everything)).toEqual([7, 9]);
  });

  it('is tagged with service and stage, and so is its stage', () => {
    for (const id of ['HttpApi', 'HttpApiStage']) {
      expect(properties(plain, id).Tags).toEqual({ service: 'inbound-sms', stage: 'prod' });
    }
  });

  it('logs accesses as JSON, and nothing that holds the token, a number or an address', () => {
    const { AccessLogSettings } = properties(plain, 'HttpApiStage');
    expect(AccessLogSettings.DestinationArn).toEqual({ 'Fn::GetAtt': ['HttpApiLogGroup', 'Arn'] });
    const fields = JSON.parse(AccessLogSettings.Format);
    expect(Object.values(fields).toSorted()).toEqual([
      '$context.error.message',
      '$context.httpMethod',
      '$context.integrationErrorMessage',
      '$context.integrationLatency',
      '$context.integrationStatus',
      '$context.requestId',
      '$context.requestTime',
      '$context.responseLatency',
      '$context.routeKey',
      '$context.status',
    ]);
  });

  it('domainName: answers there, and Route 53 leads to it', () => {
    expect(properties(everything, 'WebhookDomain')).toMatchObject({
      DomainName: 'sms.example.com',
      DomainNameConfigurations: [
        { CertificateArn: EVERYTHING.certificateArn, SecurityPolicy: 'TLS_1_2' },
      ],
    });
    expect(properties(everything, 'WebhookDomainMapping')).toMatchObject({
      Stage: { Ref: 'HttpApiStage' },
    });
    expect(properties(everything, 'WebhookDnsRecord')).toMatchObject({
      HostedZoneId: EVERYTHING.hostedZoneId,
      Name: 'sms.example.com',
    });
    expect(everything.template.Outputs.WebhookBaseUrl?.Value).toBe('https://sms.example.com/sms');
    expect(plain.template.Resources).not.toHaveProperty('WebhookDomain');
    expect(plain.template.Resources).not.toHaveProperty('WebhookDnsRecord');
  });
});
