import type { SNSClientConfig } from '@aws-sdk/client-sns';
import { AwsHttpHandler, type useProxies } from './aws-http.ts';
import { findCredentials } from './credentials.ts';

/** What the clients of every service take. */
type Config = Pick<
  SNSClientConfig,
  'region' | 'requestHandler' | 'profile' | 'credentials' | 'endpoint'
>;

/** Each client is loaded when a command first asks for it: `--help` needs none. */
const CREATE = {
  cloudformation: async (config: Config) =>
    new (await import('@aws-sdk/client-cloudformation')).CloudFormation(config),
  cloudwatch: async (config: Config) =>
    new (await import('@aws-sdk/client-cloudwatch')).CloudWatch(config),
  dynamodb: async (config: Config) =>
    new (await import('@aws-sdk/client-dynamodb')).DynamoDB(config),
  lambda: async (config: Config) => new (await import('@aws-sdk/client-lambda')).Lambda(config),
  logs: async (config: Config) =>
    new (await import('@aws-sdk/client-cloudwatch-logs')).CloudWatchLogs(config),
  sns: async (config: Config) => new (await import('@aws-sdk/client-sns')).SNS(config),
  // A stack names its queues by URLs of AWS, also where an emulator has it.
  sqs: async (config: Config) =>
    new (await import('@aws-sdk/client-sqs')).SQS({ ...config, useQueueUrlAsEndpoint: false }),
  ssm: async (config: Config) => new (await import('@aws-sdk/client-ssm')).SSM(config),
};

type Service = keyof typeof CREATE;
type Client<S extends Service> = ReturnType<(typeof CREATE)[S]>;

interface ClientSettings {
  readonly region: string;
  readonly profile?: string | undefined;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Where a service is; those that are not named are where the SDK finds them. */
  readonly endpoints?: Partial<Record<Service, string>>;
  readonly proxies?: ReturnType<typeof useProxies>;
}

/** The SDK's clients, each made once. */
export class AwsClients implements Disposable {
  readonly #settings: ClientSettings;
  readonly #made = new Map<Service, Client<Service>>();
  readonly cloudformation = () => this.#once('cloudformation');
  readonly cloudwatch = () => this.#once('cloudwatch');
  readonly dynamodb = () => this.#once('dynamodb');
  readonly lambda = () => this.#once('lambda');
  readonly logs = () => this.#once('logs');
  readonly sns = () => this.#once('sns');
  readonly sqs = () => this.#once('sqs');
  readonly ssm = () => this.#once('ssm');

  constructor(settings: ClientSettings) {
    this.#settings = settings;
  }

  /** Where a service is, if not where the SDK finds it. */
  endpoint(service: Service): string | undefined {
    return this.#settings.endpoints?.[service];
  }

  [Symbol.dispose](): void {
    for (const client of this.#made.values()) {
      client.then((made) => made.destroy()).catch(() => {});
    }
  }

  #once<S extends Service>(service: S): Client<S> {
    const client = this.#made.get(service) ?? CREATE[service](this.#config(service));
    this.#made.set(service, client);
    return client as Client<S>;
  }

  #config(service: Service): Config {
    const { region, profile, credentials, proxies } = this.#settings;
    const endpoint = this.endpoint(service);
    const agent = { proxyEnv: proxies };
    const agents = proxies && { httpAgent: agent, httpsAgent: agent };
    return {
      region,
      requestHandler: new AwsHttpHandler({ ...agents, needsRequestId: endpoint === undefined }),
      ...(profile !== undefined && { profile }),
      credentials: credentials ?? findCredentials(profile, new AwsHttpHandler(agents)),
      ...(endpoint !== undefined && { endpoint }),
    };
  }
}
