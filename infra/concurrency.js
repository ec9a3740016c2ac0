import { withParameters } from './with-parameters.js';

/**
 * Concurrency that is kept for each function, if any: a flood on the URL then takes no more of the
 * account's, and the rest of the account leaves the functions theirs.
 */
export const concurrency = withParameters(({ reservedConcurrency }) => ({
  extensions: reservedConcurrency
    ? {
        ReceiveSmsLambdaFunction: {
          Properties: { ReservedConcurrentExecutions: reservedConcurrency },
        },
        PublishPendingLambdaFunction: { Properties: { ReservedConcurrentExecutions: 1 } },
      }
    : {},
}));
