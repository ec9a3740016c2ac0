/** The AWS account that the local stack pretends to be: what the emulators and the template agree on. */
export const REGION = 'ap-southeast-2';
/** The account that fauxqs builds its ARNs from; it cannot be changed. */
export const ACCOUNT_ID = '000000000000';

/** Credentials that are visibly none: the emulators want a signature but do not check it. */
export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const;

/** Configuration of an SDK client for an emulator. Nothing of it comes from the user's environment. */
export function clientOf(endpoint: string) {
  return { endpoint, region: REGION, credentials: CREDENTIALS };
}

/** An AWS service on this machine, for any AWS client. */
export interface Emulator extends AsyncDisposable {
  readonly endpoint: string;
  /** Refuses connections, as if the service were down. Its data stays. */
  stop(): Promise<void>;
  /** Answers again, on the same port. */
  start(): Promise<void>;
}
