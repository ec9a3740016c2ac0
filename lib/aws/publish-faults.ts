import type { PublishFault } from '../messages/ports.ts';

/**
 * The errors of Publish and PublishBatch by the codes of SNS's service model, and the errors of all its
 * actions: https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
 *
 * It ignores `SenderFault` of a batch's result, because SNS also sets it for throttling and for failures of
 * the topic's key.
 */
const FAULT_OF_CODE: Readonly<Record<string, PublishFault>> = {
  ...faults('entry', [
    'BatchRequestTooLong',
    'InvalidParameter',
    'InvalidParameterValue',
    'ParameterValueInvalid',
    'Validation',
    'ValidationError',
  ]),
  ...faults('topic', [
    'AccessDenied',
    'AuthorizationError',
    'EndpointDisabled',
    'ExpiredToken',
    'IncompleteSignature',
    'InternalError',
    'InternalFailure',
    'InvalidClientTokenId',
    'InvalidSecurity',
    'KMSAccessDenied',
    'KMSDisabled',
    'KMSInvalidState',
    'KMSNotFound',
    'KMSOptInRequired',
    'MissingAuthenticationToken',
    'NotAuthorized',
    'NotFound',
    'OptInRequired',
    'PlatformApplicationDisabled',
    'RequestExpired',
    'ServiceUnavailable',
    'SignatureDoesNotMatch',
    'UnrecognizedClient',
  ]),
  // Only a defect of ours can cause these.
  ...faults('unknown', [
    'BatchEntryIdsNotDistinct',
    'EmptyBatchRequest',
    'InvalidBatchEntryId',
    'TooManyEntriesInBatchRequest',
  ]),
};

/** AWS's services have many names for throttling. An entry's content never causes it. */
const IS_THROTTLING = /Throttl|LimitExceeded|TooManyRequests/;

/** @param code SNS's code, or the SDK's name for it, which ends in `Exception`. */
export function faultOfCode(code: string): PublishFault {
  const known = FAULT_OF_CODE[code.replace(/Exception$/, '')];
  return known ?? (IS_THROTTLING.test(code) ? 'topic' : 'unknown');
}

/** Not allowed, not found, too many requests. An entry's content never causes these. */
const TOPIC_STATUSES = new Set([401, 403, 404, 429]);

/** The fault of a whole call. */
export function faultOfError(error: unknown): PublishFault {
  const { name = '', $metadata } = error as {
    readonly name?: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const status = $metadata?.httpStatusCode;
  // Without a status, there was no answer.
  if (status === undefined || status >= 500 || TOPIC_STATUSES.has(status)) return 'topic';
  return faultOfCode(name);
}

function faults(fault: PublishFault, codes: readonly string[]): Record<string, PublishFault> {
  return Object.fromEntries(codes.map((code) => [code, fault]));
}
