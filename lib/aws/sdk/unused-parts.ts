/**
 * In place of parts of the SDK that no function uses: infra/bundle names them. Any use is an error.
 */

/** Of `@aws-sdk/credential-provider-node`: aws-clients.ts has credentials of its own. */
export const defaultProvider = unused;

/** Of `@aws-sdk/endpoint-cache`: DynamoDB's client makes one, and none of its operations uses it. */
export class EndpointCache {}

/** Of `@smithy/core/event-streams`: no operation in use streams. */
export class EventStreamSerde {
  constructor() {
    unused();
  }
}

function unused(): never {
  throw new Error('This part of the SDK is left out of the bundle: see infra/bundle/index.js');
}
