import { type Priced, priceAboveFreeTier, priceOf, type Region } from './prices.ts';
import type { Usage } from './usage.ts';

const BYTES_PER_GB = 1e9;
const DAYS_PER_MONTH = 30;

/** How long things are kept, days. */
export interface Retention {
  readonly records: number;
  readonly logs: number;
}

/** One line of a bill. */
export interface Charge {
  readonly name: string;
  readonly priced: Priced;
  /** In the unit of the price list. */
  readonly amount: number;
  readonly usd: number;
  /** The same if nothing else has used the account's free tier. */
  readonly aboveFreeTier: number;
}

/** What a standing stack has, whether messages come or not: a month's amounts. */
export interface Standing {
  readonly alarmMetrics: number;
  readonly dashboards: number;
  readonly customMetrics: number;
  readonly kmsRequests: number;
}

/**
 * What usage costs, US$. What is stored is paid for as long as it is kept: the log for its retention,
 * and not compressed, which is an upper bound; the record for the table's.
 */
export function billOf(usage: Usage, retention: Retention, region: Region): Charge[] {
  const gbMonths = (bytes: number) => (bytes / BYTES_PER_GB) * (retention.records / DAYS_PER_MONTH);
  const logGb = usage.logBytes / BYTES_PER_GB;
  const charge = charges(region);
  return [
    charge('API Gateway: requests', 'apiRequests', usage.apiRequests),
    charge('Lambda: invocations', 'lambdaRequests', usage.invocations),
    charge('Lambda: time', 'lambdaGbSeconds', usage.gbSeconds),
    charge('DynamoDB: writes', 'dynamodbWrites', usage.writes),
    charge('DynamoDB: reads', 'dynamodbReads', usage.reads),
    charge('SNS: publishes', 'snsPublishes', usage.publishes),
    charge('Logs: taken in', 'logIngestion', logGb),
    charge('Logs: kept', 'logStorage', logGb * (retention.logs / DAYS_PER_MONTH)),
    charge(
      'Table and indexes: kept',
      'dynamodbStorage',
      gbMonths(usage.recordBytes + usage.indexBytes),
    ),
    charge('Table: point-in-time recovery', 'dynamodbBackup', gbMonths(usage.recordBytes)),
  ];
}

/** What standing still costs a month, beside the usage of the sweeps. */
export function standingCharges(standing: Standing, region: Region): Charge[] {
  const charge = charges(region);
  return [
    charge('Alarms: metrics that they watch', 'alarmMetrics', standing.alarmMetrics),
    charge('Dashboards', 'dashboards', standing.dashboards),
    charge('Custom metrics that sweeps send', 'customMetrics', standing.customMetrics),
    charge('KMS: requests', 'kmsRequests', standing.kmsRequests),
  ];
}

export function total(bill: readonly Charge[]): { usd: number; aboveFreeTier: number } {
  return {
    usd: bill.reduce((sum, { usd }) => sum + usd, 0),
    aboveFreeTier: bill.reduce((sum, charge) => sum + charge.aboveFreeTier, 0),
  };
}

function charges(region: Region) {
  return (name: string, priced: Priced, amount: number): Charge => ({
    name,
    priced,
    amount,
    usd: priceOf(priced, amount, region),
    aboveFreeTier: priceAboveFreeTier(priced, amount, region),
  });
}
