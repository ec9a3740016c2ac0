import type {
  CloudFormationClient,
  CloudFormationClientConfig,
} from '@aws-sdk/client-cloudformation';

/** The argument of a function that an expression such as `${file(infra/api.js):api}` names. */
export interface Resolver {
  readonly options: Readonly<Record<string, string | undefined>>;
  /** @param address Such as `parameters:` or `param:NAME`. */
  // biome-ignore lint/suspicious/noExplicitAny: the caller knows the type behind the address.
  resolveVariable(address: string): Promise<any>;
  resolveConfigurationProperty(path: readonly string[]): Promise<string>;
}

/** The checked parameters of plugin/parameters.js. A list is one text with commas. */
export interface Parameters {
  readonly alarmEmail: string;
  readonly allowedSmsNumbers: string;
  readonly certificateArn: string;
  readonly defaultEndpoint: boolean;
  readonly domainName: string;
  readonly edgeDomainName: string;
  readonly hostedZoneId: string;
  readonly kmsKeyArn: string;
  readonly messagesAlarmPerHour: number;
  readonly noTrafficAlarmHours: number;
  readonly protectData: boolean;
  readonly reservedConcurrency: number;
  readonly retentionDays: number;
  readonly logRetentionDays: number;
  readonly subscriberAccounts: string;
  readonly throttleBurst: number;
  readonly throttleRate: number;
  readonly topicType: 'standard' | 'fifo';
}

/** A CloudFormation template. serverless and AWS check its form. */
export interface Template {
  Resources: Record<string, Resource>;
  Outputs?: Record<string, unknown>;
}

export interface Resource {
  Type: string;
  DependsOn?: string | string[];
  DeletionPolicy?: string;
  // biome-ignore lint/suspicious/noExplicitAny: each type of resource has its own.
  Properties?: any;
}

/** The parts of serverless that this project uses. osls has types of serverless.yml only. */
export interface Serverless {
  readonly classes: { readonly Error: new (message: string, code: string) => Error };
  readonly configurationInput?: { readonly params?: Record<string, object | null> };
  readonly processedInput: {
    readonly commands: readonly string[];
    readonly options: Readonly<Record<string, string>> & { readonly param?: readonly string[] };
    readonly isHelpRequest?: boolean;
  };
  readonly service: {
    readonly service: string;
    readonly provider: {
      readonly stage: string;
      readonly compiledCloudFormationTemplate: Template;
    };
    readonly resources?: Template;
    getFunction(key: string): { name: string; environment: Record<string, unknown> };
  };
  readonly pluginManager: { readonly plugins: readonly { gatheredData?: StackData }[] };
  readonly serviceOutputs: Map<string, unknown>;
  addServiceOutputSection(name: string, lines: readonly string[]): void;
  getProvider(name: 'aws'): AwsProvider;
}

export interface AwsProvider {
  readonly naming: { getStackName(): string; getCompiledTemplateS3Suffix(): string };
  getAwsSdkV3Config(): Promise<Pick<CloudFormationClientConfig, 'region'>>;
  getCloudFormationClient(): Promise<CloudFormationClient>;
  getDeploymentPrefix(): string;
  getRegion(): string;
  getServerlessDeploymentBucketName(): Promise<string>;
  getStage(): string;
}

/** The result of `serverless info`. */
interface StackData {
  readonly outputs: readonly { readonly OutputKey: string; readonly OutputValue: string }[];
}

export type Log = Readonly<Record<'error' | 'notice' | 'warning', (text: string) => void>>;
