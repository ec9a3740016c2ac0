import { randomUUID } from 'node:crypto';

/** An AWS service that the functions or a subscriber call. */
export type Service = 'dynamodb' | 'sns' | 'sqs';

/** An error of an AWS service. */
export interface AwsError {
  /** `ProvisionedThroughputExceededException`, `Throttling`, ... */
  readonly code: string;
  /** 400 unless told. */
  readonly status?: number;
  readonly message?: string;
}

/** An error as it is on the wire. */
export interface WireError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** DynamoDB's own errors are in its namespace; those of the framework below it are not. */
const NAMESPACES: Record<string, string> = {
  ThrottlingException: 'com.amazon.coral.availability',
  UnrecognizedClientException: 'com.amazon.coral.service',
  AccessDeniedException: 'com.amazon.coral.service',
  ValidationException: 'com.amazon.coral.validate',
};

/** The error in the shape of its service: SNS speaks the query protocol (XML), the others JSON. */
export function wireError(service: Service, error: AwsError): WireError {
  const { code, status = 400, message = `${code}, injected by the fault proxy` } = error;
  const requestId = randomUUID();
  if (service === 'sns') {
    const type = status < 500 ? 'Sender' : 'Receiver';
    return {
      status,
      headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
      body: `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>${type}</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
    };
  }
  const own = service === 'sqs' ? 'com.amazonaws.sqs' : 'com.amazonaws.dynamodb.v20120810';
  const __type = `${NAMESPACES[code] ?? own}#${code}`;
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': requestId },
    body: JSON.stringify({ __type, message }),
  };
}
