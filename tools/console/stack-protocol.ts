/** What the page and the server say of the session and of the stack: see protocol.ts. Types and constants only. */

/** What the URL that begins a session ends with, before the code. A browser sends no fragment to any server. */
export const SESSION_FRAGMENT = '#session=';

export interface SessionRequest {
  /** The code of the URL; it can be used once. */
  readonly code: string;
}

export interface SessionAnswer {
  /** For each request from then on: `Authorization: Bearer SECRET`. */
  readonly secret: string;
}

/** What a stack is made of. What its kind of stack does not know is absent. */
export interface StackSetup {
  /** Of inbound-sms. */
  readonly version?: string;
  readonly tableName: string;
  readonly topicArn?: string;
  /** Without the token, and the slash before it. */
  readonly webhookBaseUrl?: string;
  /** Of the local emulators, by what AWS calls them. */
  readonly endpoints?: Readonly<Record<string, string>>;
  /** In force, by the names of the stack's outputs. */
  readonly settings: Readonly<Record<string, string>>;
  /** Those of settings.yml. */
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
  /** A host. Never a secret. */
  readonly target?: string;
}

/** What `POST clear` has deleted from the table. */
export interface ClearResult {
  readonly deleted: number;
}
