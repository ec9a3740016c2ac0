/** The day that the price list was put together. */
export const PRICES_DATE = '2026-11-24';

/** No page at hand confirms the price: check it at https://calculator.aws before you rely on it. */
const KNOWLEDGE = 'knowledge';
const AIRBYTE = 'https://airbyte.com/data-engineering-resources/dynamodb-pricing';
const API =
  'https://docs.aws.amazon.com/whitepapers/latest/best-practices-api-gateway-private-apis-integration/cost-optimization.html';
const CHIPR = 'https://cloudchipr.com/blog/aws-lambda-pricing';
const DASGOLL = 'https://gist.github.com/dasgoll/b88d5be05dcc0deb052ad40446c2fb40';
const GRIZZLY =
  'https://www.grizzlypeaksoftware.com/library/serverless-cost-modeling-and-optimization-pbi6pfjr';
const HELTON = 'https://gist.github.com/allenheltondev/d028926b7fe3b0656c96af9140ab55e3';
const METRICS =
  'https://www.factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards/';
const SNS = 'https://www.factualminds.com/blog/amazon-sns-pricing-publishes-fanout-protocols/';
const SIGNOZ = 'https://signoz.io/guides/cloudwatch-pricing';

/**
 * US$ without taxes and discounts. Each line has the name on a bill, the number of units for the
 * price, the free units of an account that uses no others, the price in us-east-1 with the page
 * that it was read on, and the price in ap-southeast-2, which was read on no page.
 */
const PRICES = {
  // A request has up to 512 KB, a publish 64 KB begun. Lambda on arm64, the table on demand.
  apiRequests: ['API Gateway: requests', 1e6, 0, 1, API, 1.29],
  invocations: ['Lambda: invocations', 1e6, 1e6, 0.2, GRIZZLY, 0.2],
  gbSeconds: ['Lambda: time', 1, 400_000, 1.33334e-5, CHIPR, 1.33334e-5],
  writes: ['DynamoDB: writes', 1e6, 0, 0.625, AIRBYTE, 0.7115],
  reads: ['DynamoDB: reads', 1e6, 0, 0.125, AIRBYTE, 0.1423],
  publishes: ['SNS: publishes', 1e6, 1e6, 0.5, SNS, 0.5],
  logGb: ['Logs: taken in', 1, 5, 0.5, METRICS, 0.67],
  // GB-months. Logs are kept compressed. This does not count that, so it is an upper bound.
  logKept: ['Logs: kept', 1, 0, 0.03, KNOWLEDGE, 0.033],
  tableKept: ['Table and indexes: kept', 1, 25, 0.25, HELTON, 0.285],
  backupKept: ['Table: point-in-time recovery', 1, 0, 0.2, HELTON, 0.228],
  // A month of each. An alarm is billed for every metric that it watches.
  alarmMetrics: ['Alarms: metrics that they watch', 1, 10, 0.1, KNOWLEDGE, 0.1],
  dashboards: ['Dashboards', 1, 3, 3, METRICS, 3],
  customMetrics: ['Custom metrics that sweeps send', 1, 10, 0.3, SIGNOZ, 0.3],
  kmsRequests: ['KMS: requests', 10_000, 20_000, 0.03, DASGOLL, 0.03],
  // Deliveries. What the queue or the function costs is its owner's.
  // Of standard queues; those of FIFO queues cost a quarter more.
  sqsRequests: ['SQS: requests', 1e6, 1e6, 0.4, KNOWLEDGE, 0.4],
  toQueue: ['SQS queue or Lambda function', 1e6, 0, 0, KNOWLEDGE, 0],
  toHttp: ['HTTP(S)', 1e6, 100_000, 0.6, SNS, 0.6],
  toEmail: ['e-mail', 1e6, 1_000, 20, SNS, 20],
  // For each published message, also if it does not pass. A filter on attributes is free.
  filteredGb: ['SNS: filtered on the body', 1, 0, 0.09, KNOWLEDGE, 0.09],
} as const;

type Priced = keyof typeof PRICES;
/** The used amount of each priced unit. */
export type Usage = Partial<Record<Priced, number>>;
export type Region = 'us-east-1' | 'ap-southeast-2';
export type Charge = ReturnType<typeof billOf>[number];

/** The cost of usage: a line for each used unit, and the cost above the account's free tier. */
export function billOf(usage: Usage, region: Region) {
  return namesOf(PRICES).flatMap((what) => {
    const [label, per, free, east, , sydney] = PRICES[what];
    const price = (region === 'us-east-1' ? east : sydney) / per;
    const amount = usage[what];
    if (amount === undefined) return [];
    const aboveFreeTier = Math.max(0, amount - free) * price;
    return [{ what, label, amount, usd: amount * price, aboveFreeTier }];
  });
}

export function total(bill: readonly Charge[]) {
  const of = (name: 'usd' | 'aboveFreeTier') => bill.reduce((all, charge) => all + charge[name], 0);
  return { usd: of('usd'), aboveFreeTier: of('aboveFreeTier') };
}

/** The usage times a number, plus more usage. */
export function times(count: number, usage: Usage, more: Usage = {}): Usage {
  const amount = (what: Priced) => count * (usage[what] ?? 0) + (more[what] ?? 0);
  return Object.fromEntries(namesOf({ ...usage, ...more }).map((what) => [what, amount(what)]));
}

function namesOf(usage: object): Priced[] {
  return Object.keys(usage) as Priced[];
}
