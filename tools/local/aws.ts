/** The local stack's AWS account. The emulators and the template must agree on it. */
export const REGION = 'ap-southeast-2';
/** fauxqs uses this account in its ARNs. It cannot be changed. */
export const ACCOUNT_ID = '000000000000';

/** Made-up credentials. The emulators want a signature but do not check it. */
export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const;

/** Configuration of an SDK client for an emulator. It uses nothing from the user's environment. */
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
