import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Compiled, compile, EDGE_SECRET, EVERYTHING } from '../helpers/compiled-template.ts';
import { matchesPattern } from '../helpers/filter-pattern.ts';

let plain: Compiled;
let everything: Compiled;
let edge: Compiled;
let domain: Compiled;
let disposable: Compiled;

const DEFAULT_DOMAIN = '${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}';

beforeAll(async () => {
  const { edgeDomainName, domainName, certificateArn } = EVERYTHING;
  [plain, everything, edge, domain, disposable] = await Promise.all([
    compile({}),
    compile({ params: EVERYTHING, edgeSecrets: EDGE_SECRET }),
    compile({ params: { edgeDomainName }, edgeSecrets: EDGE_SECRET }),
    compile({ params: { domainName, certificateArn } }),
    compile({ stage: 'dev' }),
  ]);
}, 120_000);

const properties = (from: Compiled, id: string) => from.resource(id).Properties;

describe('the access log', () => {
  // https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
  it('has a name that does not count against CloudWatch Logs’ resource policy', async () => {
    const { LogGroupName } = properties(plain, 'HttpApiLogGroup');
    expect(LogGroupName).toBe('/aws/vendedlogs/http-api/inbound-sms-prod');
    const runbook = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    expect(runbook).toContain(`\`${LogGroupName.replace('inbound-sms-prod', 'STACK')}\``);
  });
});

describe('the HTTP API', () => {
  it('throttles', () => {
    const throttle = (from: Compiled) => {
      const { ThrottlingRateLimit, ThrottlingBurstLimit } = properties(
        from,
        'HttpApiStage',
      ).DefaultRouteSettings;
      return [ThrottlingRateLimit, ThrottlingBurstLimit];
    };
    expect(throttle(plain)).toEqual([50, 200]);
    expect(throttle(everything)).toEqual([7, 9]);
  });

  it('is tagged with service and stage, and so is its stage', () => {
    for (const id of ['HttpApi', 'HttpApiStage']) {
      expect(properties(plain, id).Tags).toEqual({ service: 'inbound-sms', stage: 'prod' });
    }
  });

  it('logs accesses as JSON, without the token, a number or an address', () => {
    const { AccessLogSettings } = properties(plain, 'HttpApiStage');
    expect(AccessLogSettings.DestinationArn).toEqual({ 'Fn::GetAtt': ['HttpApiLogGroup', 'Arn'] });
    const { service, stage, ...fields } = JSON.parse(AccessLogSettings.Format);
    expect([service, stage]).toEqual(['inbound-sms', 'prod']);
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

  it('domainName: the API answers there, and Route 53 points to it', () => {
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
    expect(plain.template.Resources).not.toHaveProperty('WebhookDomain');
    expect(plain.template.Resources).not.toHaveProperty('WebhookDnsRecord');
  });

  it('edgeDomainName: is in the PBX’s URL, and an output has the origin for the edge', () => {
    const outputOf = ({ template }: Compiled, output: string) => template.Outputs[output]?.Value;
    expect(outputOf(everything, 'WebhookBaseUrl')).toBe('https://edge.example.com/sms');
    expect(outputOf(everything, 'EdgeOriginDomain')).toBe('sms.example.com');
    expect(outputOf(edge, 'WebhookBaseUrl')).toBe('https://edge.example.com/sms');
    expect(outputOf(edge, 'EdgeOriginDomain')).toEqual({ 'Fn::Sub': DEFAULT_DOMAIN });
    expect(outputOf(domain, 'WebhookBaseUrl')).toBe('https://sms.example.com/sms');
    expect(outputOf(plain, 'WebhookBaseUrl')).toEqual({
      'Fn::Sub': `https://${DEFAULT_DOMAIN}/sms`,
    });
    for (const from of [plain, domain]) {
      expect(from.template.Outputs).not.toHaveProperty('EdgeOriginDomain');
    }
  });

  it('allowedSmsNumbers: are in an output for doctor, shortened if it would be too long', async () => {
    const outputOf = ({ template }: Compiled) => template.Outputs.AllowedSmsNumbers?.Value;
    expect(outputOf(plain)).toBe('any');
    expect(outputOf(everything)).toBe(EVERYTHING.allowedSmsNumbers);
    const allowedSmsNumbers = Array.from({ length: 100 }, (_, n) => `+61412345${100 + n}`).join();
    const many = String(outputOf(await compile({ params: { allowedSmsNumbers } })));
    expect(many).toMatch(/^(\+\d{11},){70,}\.\.\.$/);
    expect(many.length).toBeLessThanOrEqual(1_024);
    expect(allowedSmsNumbers.startsWith(many.replace('...', ''))).toBe(true);
  }, 60_000);

  it('defaultEndpoint=false: API Gateway’s domain does not answer', () => {
    expect(properties(everything, 'HttpApi').DisableExecuteApiEndpoint).toBe(true);
    expect(properties(plain, 'HttpApi')).not.toHaveProperty('DisableExecuteApiEndpoint');
  });
});

describe('the metric of 429', () => {
  /** A line of the access log, in the format of the template. */
  const lineOf = (from: Compiled, status: string): string =>
    properties(from, 'HttpApiStage').AccessLogSettings.Format.replace(
      /\$context\.([\w.]+)/g,
      (_: string, name: string) => (name === 'status' ? status : '-'),
    );

  it.each([
    ['429', true],
    ['200', false],
    ['404', false],
    ['4290', false],
    ['503', false],
  ])('counts a request that was answered %s: %s', (status, isCounted) => {
    const { FilterPattern, LogGroupName } = properties(plain, 'ThrottledRequests');
    expect(LogGroupName).toEqual({ Ref: 'HttpApiLogGroup' });
    expect(matchesPattern(FilterPattern, lineOf(plain, status))).toBe(isCounted);
  });

  it('is the one that alarm and dashboard use, with the dimensions in the line', () => {
    for (const [from, stage] of [
      [plain, 'prod'],
      [disposable, 'dev'],
    ] as const) {
      const [transformation, ...others] = properties(
        from,
        'ThrottledRequests',
      ).MetricTransformations;
      expect(others).toEqual([]);
      expect(transformation).toMatchObject({
        MetricNamespace: 'InboundSms',
        MetricName: 'Throttled',
        MetricValue: '1',
      });
      const line = JSON.parse(lineOf(from, '429'));
      const dimensions = transformation.Dimensions.map(
        ({ Key, Value }: { Key: string; Value: string }) => [Key, line[Value.replace('$.', '')]],
      );
      expect(Object.fromEntries(dimensions)).toEqual({ service: 'inbound-sms', stage });
    }
  });
});
