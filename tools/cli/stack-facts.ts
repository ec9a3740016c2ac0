import type { AwsClients } from './aws-clients.ts';

/** Where a stack is, and what it is made of. */
export interface StackFacts {
  readonly name: string;
  readonly region: string;
  readonly isLocal: boolean;
  /** `--table`: its stack is gone, or not asked for. */
  readonly isTableOnly?: boolean;
  /** What an error of its calls means, where that is not what it means elsewhere. */
  readonly explain?: (error: unknown) => unknown;
  /** Whose national numbers people write: ISO 3166. */
  readonly country: string;
  /** The stack's outputs. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Of the URL, if this machine knows it: the current one. */
  readonly token: string | undefined;
  /** What a request to the webhook needs if there is no edge here that adds it. */
  readonly edgeHeaders?: Readonly<Record<string, string>>;
  readonly clients: AwsClients;
  /** The log group of a function, by its key in serverless.yml. */
  logGroup(functionKey: string): Promise<string>;
}
