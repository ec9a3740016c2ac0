import type { PublishFault } from '../messages/ports.ts';

/**
 * The errors of Publish and PublishBatch, by the codes of SNS's service model, and the errors that all
 * its actions share: https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
 *
 * `SenderFault` of a batch's result does not decide: SNS sets it for throttling and for failures of the
 * topic's key as well.
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
  // Only a defect of ours could cause these.
  ...faults('unknown', [
    'BatchEntryIdsNotDistinct',
    'EmptyBatchRequest',
    'InvalidBatchEntryId',
    'TooManyEntriesInBatchRequest',
  ]),
};

/** AWS's services have many names for it; whichever comes, it is not for what an entry holds. */
const IS_THROTTLING = /Throttl|LimitExceeded|TooManyRequests/;

/** @param code As SNS sends it, or as the SDK names it: with `Exception` at its end. */
export function faultOfCode(code: string): PublishFault {
  const known = FAULT_OF_CODE[code.replace(/Exception$/, '')];
  return known ?? (IS_THROTTLING.test(code) ? 'topic' : 'unknown');
}

/** Not allowed, not found, too many requests: nothing of it can be for what an entry holds. */
const TOPIC_STATUSES = new Set([401, 403, 404, 429]);

/** Why a whole call failed. */
export function faultOfError(error: unknown): PublishFault {
  const { name = '', $metadata } = error as {
    readonly name?: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const status = $metadata?.httpStatusCode;
  // Without a status there was no answer.
  if (status === undefined || status >= 500 || TOPIC_STATUSES.has(status)) return 'topic';
  return faultOfCode(name);
}

function faults(fault: PublishFault, codes: readonly string[]): Record<string, PublishFault> {
  return Object.fromEntries(codes.map((code) => [code, fault]));
}
