/** A message for a subscriber, read from either format of the topic. */
export interface ForwardedMessage {
  readonly message_id: string;
  /** The sender's name or number; empty if withheld. */
  readonly from: string;
  readonly sms_number: string;
  readonly body: string;
  /** When the PBX received it, epoch seconds. */
  readonly timestamp?: number;
  /** When this service received it, epoch ms. Only the format `inbound-sms` has it. */
  readonly received_at?: number;
  /** The id of the run that replays it; absent on a message that is not a replay. */
  readonly replay?: string;
  /** The message exactly as it was published. */
  readonly json: string;
  /** The format of `json`: `inbound-sms/1` or `aws-two-way-sms`. */
  readonly schema: string;
  /** A test message that `inbound-sms subscribers test` put into the queue. */
  readonly isCanary: boolean;
}

/** What one attempt sends: an HTTP POST, or an e-mail through the subscriber's own topic. */
export type Outgoing =
  | {
      readonly kind: 'post';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | {
      readonly kind: 'publish';
      readonly topicArn: string;
      readonly subject: string;
      readonly text: string;
    };
