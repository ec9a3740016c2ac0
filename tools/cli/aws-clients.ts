import type { SNSClientConfig } from '@aws-sdk/client-sns';
import { AwsHttpHandler, type useProxies } from './aws-http.ts';
import { findCredentials } from './credentials.ts';

/** The settings that the clients of all services share. */
type Config = Pick<
  SNSClientConfig,
  'region' | 'requestHandler' | 'profile' | 'credentials' | 'endpoint'
>;

/** A client is loaded when a command first needs it: `--help` needs none. */
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
  // The outputs of a stack have queue URLs of AWS, even in an emulator.
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
  /** Addresses of services. For the others, the SDK finds the address. */
  readonly endpoints?: Partial<Record<Service, string>>;
  readonly proxies?: ReturnType<typeof useProxies>;
}

/** The SDK's clients. Each is made once. */
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

  /** The address of a service, if the SDK does not find it itself. */
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
