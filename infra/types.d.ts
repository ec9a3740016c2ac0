/** What serverless gives to a function that an expression such as `${file(infra/api.js):api}` names. */
export interface Resolver {
  readonly options: Readonly<Record<string, string | undefined>>;
  /** @param address Such as `parameters:` or `param:NAME`. */
  // biome-ignore lint/suspicious/noExplicitAny: whoever asks knows what the address stands for.
  resolveVariable(address: string): Promise<any>;
  resolveConfigurationProperty(path: readonly string[]): Promise<string>;
}

/** The checked parameters, as plugin/parameters.js reads them. A list is one text with commas. */
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
  readonly subscriberAccounts: string;
  readonly throttleBurst: number;
  readonly throttleRate: number;
  readonly topicType: 'standard' | 'fifo';
}
