import type { SNSClientConfig } from '@aws-sdk/client-sns';
import { AwsHttpHandler, type useProxies } from './aws-http.ts';
import { findCredentials } from './credentials.ts';

type Service = 'cloudformation' | 'cloudwatch' | 'dynamodb' | 'logs' | 'sns' | 'sqs';

interface ClientSettings {
  readonly region: string;
  readonly profile?: string | undefined;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Where a service is; those that are not named are where the SDK finds them. */
  readonly endpoints?: Partial<Record<Service, string>>;
  readonly proxies?: ReturnType<typeof useProxies>;
}

/** What the clients of every service take. */
type ClientConfig = Pick<
  SNSClientConfig,
  'region' | 'requestHandler' | 'profile' | 'credentials' | 'endpoint'
>;

/** The SDK's clients. Each is loaded when a command first asks for it: `--help` needs none. */
export class AwsClients implements Disposable {
  readonly #settings: ClientSettings;
  readonly #asked = new Set<Promise<{ destroy(): void }>>();

  constructor(settings: ClientSettings) {
    this.#settings = settings;
  }

  readonly cloudformation = this.#once('cloudformation', async (config) => {
    const { CloudFormation } = await import('@aws-sdk/client-cloudformation');
    return new CloudFormation(config);
  });
  readonly cloudwatch = this.#once('cloudwatch', async (config) => {
    const { CloudWatch } = await import('@aws-sdk/client-cloudwatch');
    return new CloudWatch(config);
  });
  readonly dynamodb = this.#once('dynamodb', async (config) => {
    const { DynamoDB } = await import('@aws-sdk/client-dynamodb');
    return new DynamoDB(config);
  });
  readonly logs = this.#once('logs', async (config) => {
    const { CloudWatchLogs } = await import('@aws-sdk/client-cloudwatch-logs');
    return new CloudWatchLogs(config);
  });
  readonly sns = this.#once('sns', async (config) => {
    const { SNS } = await import('@aws-sdk/client-sns');
    return new SNS(config);
  });
  readonly sqs = this.#once('sqs', async (config) => {
    const { SQS } = await import('@aws-sdk/client-sqs');
    return new SQS(config);
  });

  /** Where a service is, if not where the SDK finds it. */
  endpoint(service: Service): string | undefined {
    return this.#settings.endpoints?.[service];
  }

  [Symbol.dispose](): void {
    for (const client of this.#asked) {
      client.then((loaded) => loaded.destroy()).catch(() => {});
    }
  }

  #once<Client extends { destroy(): void }>(
    service: Service,
    create: (config: ClientConfig) => Promise<Client>,
  ): () => Promise<Client> {
    let client: Promise<Client> | undefined;
    return () => {
      client ??= create(this.#config(service));
      this.#asked.add(client);
      return client;
    };
  }

  #config(service: Service): ClientConfig {
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
