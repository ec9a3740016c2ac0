/** An AWS service on this machine, for any AWS client. */
export interface Emulator extends AsyncDisposable {
  readonly endpoint: string;
  /** Refuses connections, as if the service were down. Its data stays. */
  stop(): Promise<void>;
  /** Answers again, on the same port. */
  start(): Promise<void>;
}
