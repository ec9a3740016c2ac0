/** The messages about the session and the stack: see protocol.ts. Types and constants only. */

/** Stands before the code at the end of the session's URL. Browsers do not send a fragment to a server. */
export const SESSION_FRAGMENT = '#session=';

export interface SessionRequest {
  /** The code of the URL. It works once. */
  readonly code: string;
}

export interface SessionAnswer {
  /** Each later request sends `Authorization: Bearer SECRET`. */
  readonly secret: string;
}

/** The parts of a stack. Unknown parts are absent. */
export interface StackSetup {
  /** The version of inbound-sms. */
  readonly version?: string;
  readonly tableName: string;
  readonly topicArn?: string;
  /** The URL without the token and the slash before it. */
  readonly webhookBaseUrl?: string;
  /** The addresses of the local emulators, by AWS's names of the services. */
  readonly endpoints?: Readonly<Record<string, string>>;
  /** The deployed settings, by the names of the stack's outputs. */
  readonly settings: Readonly<Record<string, string>>;
  /** The subscribers of settings.yml. */
  readonly subscribers: readonly SetupSubscriber[];
  /** Of the local stack, if it was started with one. */
  readonly tunnel?: TunnelStatus;
}

/** Whether the internet can reach the local stack's webhook. `program` is the tunnel's program, such as `ngrok`. */
export type TunnelStatus =
  | {
      readonly state: 'waiting';
      readonly program: string;
      /** What the program has printed. It does not answer yet. */
      readonly origin?: string;
      /** It takes longer than it should. */
      readonly isLate: boolean;
      /** It answered before. */
      readonly wasUp?: true;
    }
  | {
      readonly state: 'up';
      readonly program: string;
      /** What goes into the PBX's field, with the token. */
      readonly webhookUrl: string;
    }
  | {
      readonly state: 'down';
      readonly program: string;
      /** How the program has ended, such as `exit code 1`. */
      readonly reason: string;
    };

export interface SetupSubscriber {
  readonly name: string;
  /** `email`, `slack`, `teams`, `https` or `queue`. */
  readonly kind: string;
  /** A host, never a secret. */
  readonly target?: string;
}

/** What `POST clear` has deleted from the table. */
export interface ClearResult {
  /** The number of messages. */
  readonly messages: number;
  /** The number of kept refused requests. */
  readonly refused: number;
}
