import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { AwsHttpHandler } from './aws-http.ts';
import { findCredentials } from './credentials.ts';
import type { Proxies } from './proxies.ts';

type Service = 'cloudformation' | 'dynamodb' | 'logs' | 'sns' | 'sqs';

export interface ClientSettings {
  readonly region: string;
  readonly profile?: string | undefined;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Where a service is; those that are not named are where the SDK finds them. */
  readonly endpoints?: Partial<Record<Service, string>>;
  readonly proxies?: Proxies;
}

interface Client {
  destroy(): void;
}

/** The SDK's clients. Each is loaded when a command first asks for it: `--help` needs none. */
export class AwsClients implements Disposable {
  readonly #settings: ClientSettings;
  readonly #clients = new Map<Service, Promise<Client>>();

  constructor(settings: ClientSettings) {
    this.#settings = settings;
  }

  cloudformation(): Promise<CloudFormationClient> {
    return this.#client('cloudformation', async (config) => {
      const { CloudFormationClient } = await import('@aws-sdk/client-cloudformation');
      return new CloudFormationClient(config);
    });
  }

  dynamodb(): Promise<DynamoDBClient> {
    return this.#client('dynamodb', async (config) => {
      const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
      return new DynamoDBClient(config);
    });
  }

  logs(): Promise<CloudWatchLogsClient> {
    return this.#client('logs', async (config) => {
      const { CloudWatchLogsClient } = await import('@aws-sdk/client-cloudwatch-logs');
      return new CloudWatchLogsClient(config);
    });
  }

  sns(): Promise<SNSClient> {
    return this.#client('sns', async (config) => {
      const { SNSClient } = await import('@aws-sdk/client-sns');
      return new SNSClient(config);
    });
  }

  sqs(): Promise<SQSClient> {
    return this.#client('sqs', async (config) => {
      const { SQSClient } = await import('@aws-sdk/client-sqs');
      return new SQSClient(config);
    });
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) {
      client.then((loaded) => loaded.destroy()).catch(() => {});
    }
  }

  #client<C extends Client>(
    service: Service,
    create: (config: ReturnType<AwsClients['config']>) => Promise<C>,
  ): Promise<C> {
    const client = this.#clients.get(service) ?? create(this.config(service));
    this.#clients.set(service, client);
    return client as Promise<C>;
  }

  /** An SDK client's configuration, for a service that this class does not know. */
  config(service?: Service) {
    const { region, profile, credentials, endpoints, proxies } = this.#settings;
    const endpoint = service && endpoints?.[service];
    const agents = proxies && {
      httpAgent: { proxyEnv: proxies },
      httpsAgent: { proxyEnv: proxies },
    };
    return {
      region,
      requestHandler: new AwsHttpHandler({ ...agents, needsRequestId: endpoint === undefined }),
      ...(profile !== undefined && { profile }),
      credentials: credentials ?? findCredentials(profile, new AwsHttpHandler(agents)),
      ...(endpoint !== undefined && { endpoint }),
    };
  }
}
