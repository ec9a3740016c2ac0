import { describe, expect, it } from 'vitest';
import { billedTemplate } from '../../../bench/cost/service-template.ts';

describe('the template', () => {
  const of = (Type: string, Properties: object) => ({ Type, Properties: Properties as never });

  it('says what is billed of it', () => {
    const metric = { MetricStat: {}, ReturnData: false };
    const Resources = {
      Fn: of('AWS::Lambda::Function', {
        MemorySize: 512,
        Environment: { Variables: { RETENTION_DAYS: '90' } },
      }),
      Sweeper: of('AWS::Lambda::Function', { MemorySize: 256 }),
      Group: of('AWS::Logs::LogGroup', { RetentionInDays: 30 }),
      Plain: of('AWS::CloudWatch::Alarm', { MetricName: 'A' }),
      Sum: of('AWS::CloudWatch::Alarm', { Metrics: [{ Expression: 'a + b' }, metric, metric] }),
      Board: of('AWS::CloudWatch::Dashboard', {}),
      Table: of('AWS::DynamoDB::Table', {
        KeySchema: [{ AttributeName: 'id' }],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'some',
            KeySchema: [{ AttributeName: 'a' }, { AttributeName: 'b' }],
            Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['c'] },
          },
          {
            IndexName: 'whole',
            KeySchema: [{ AttributeName: 'a' }],
            Projection: { ProjectionType: 'ALL' },
          },
        ],
      }),
      Stage: of('AWS::ApiGatewayV2::Stage', {
        AccessLogSettings: { Format: '$context.httpMethod $context.unknown' },
      }),
    };
    expect(billedTemplate({ Resources })).toEqual({
      memoryMb: 512,
      sweeperMemoryMb: 256,
      retention: { records: 90, logs: 30 },
      indexes: [
        { name: 'some', keys: ['a', 'b'], attributes: ['a', 'b', 'id', 'c'] },
        { name: 'whole', keys: ['a'], attributes: 'all' },
      ],
      alarmMetrics: 3,
      dashboards: 1,
      accessLogLine: 'POST -',
    });
  });

  it('without a function is none', () => {
    expect(() => billedTemplate({ Resources: {} })).toThrow('no function');
  });
});
