import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TemplateDocument } from '../../local/template.ts';
import type { Index } from './item-size.ts';

/** What the compiled template says of things that are billed. */
export interface BilledTemplate {
  readonly memoryMb: number;
  readonly sweeperMemoryMb: number;
  readonly retention: { readonly records: number; readonly logs: number };
  readonly indexes: readonly Index[];
  /** Every metric that an alarm watches is billed, not the alarm. */
  readonly alarmMetrics: number;
  readonly dashboards: number;
  /** The line that API Gateway logs a request, with values of a usual length; none if it logs none. */
  readonly accessLogLine: string | undefined;
}

type Properties = Readonly<Record<string, unknown>>;

/** Values of the length that they usually have. */
const ACCESS_LOG_VALUES: Readonly<Record<string, string>> = {
  requestId: 'JKJaXmPLvHcESHA=',
  requestTime: '09/Apr/2026:12:34:56 +0000',
  httpMethod: 'POST',
  routeKey: 'ANY /sms/{token}',
  status: '200',
  responseLatency: '45',
  integrationStatus: '200',
  integrationLatency: '43',
};

export async function readBilledTemplate(packageDir: string): Promise<BilledTemplate> {
  const file = join(packageDir, 'cloudformation-template-update-stack.json');
  return billedTemplate(JSON.parse(await readFile(file, 'utf8')));
}

/** @throws {Error} If the template has no function. */
export function billedTemplate({ Resources }: TemplateDocument): BilledTemplate {
  const of = (type: string): Properties[] =>
    Object.values(Resources)
      .filter(({ Type }) => Type === type)
      .map(({ Properties = {} }) => Properties);
  // As serverless.yml has them: the webhook, then the sweeper.
  const [fn, sweeper = fn] = of('AWS::Lambda::Function');
  if (!fn) throw new Error('The template has no function');
  const { Variables } = fn.Environment as { Variables: Properties };
  const logGroup = of('AWS::Logs::LogGroup')[0];
  const format = of('AWS::ApiGatewayV2::Stage')
    .map(({ AccessLogSettings }) => (AccessLogSettings as Properties | undefined)?.Format)
    .find((text) => typeof text === 'string');
  return {
    memoryMb: Number(fn.MemorySize),
    sweeperMemoryMb: Number(sweeper?.MemorySize),
    retention: {
      records: Number(Variables.RETENTION_DAYS),
      // Without a retention, logs are kept for ever: a year stands for it.
      logs: Number(logGroup?.RetentionInDays ?? 365),
    },
    indexes: of('AWS::DynamoDB::Table').flatMap(indexesOf),
    alarmMetrics: of('AWS::CloudWatch::Alarm').reduce((sum, alarm) => sum + metricsOf(alarm), 0),
    dashboards: of('AWS::CloudWatch::Dashboard').length,
    accessLogLine: format && accessLogLine(format),
  };
}

interface KeySchema {
  readonly KeySchema: readonly { readonly AttributeName: string }[];
}

type Projected = KeySchema & {
  readonly IndexName: string;
  readonly Projection: {
    readonly ProjectionType: string;
    readonly NonKeyAttributes?: readonly string[];
  };
};

function indexesOf(table: Properties): Index[] {
  const keysOf = ({ KeySchema }: KeySchema) => KeySchema.map(({ AttributeName }) => AttributeName);
  const tableKeys = keysOf(table as unknown as KeySchema);
  const indexes = (table.GlobalSecondaryIndexes ?? []) as readonly Projected[];
  return indexes.map(({ IndexName, Projection, ...schema }) => ({
    name: IndexName,
    keys: keysOf(schema),
    attributes:
      Projection.ProjectionType === 'ALL'
        ? 'all'
        : [...keysOf(schema), ...tableKeys, ...(Projection.NonKeyAttributes ?? [])],
  }));
}

function metricsOf({ Metrics }: Properties): number {
  if (!Array.isArray(Metrics)) return 1;
  return Metrics.filter((metric) => metric.MetricStat).length;
}

function accessLogLine(format: string): string {
  return format.replace(/\$context\.([\w.]+)/g, (_, name) => ACCESS_LOG_VALUES[name] ?? '-');
}
