/** Replaces parts of the SDK that no function uses. infra/bundle names them. Any use is an error. */

/** From `@aws-sdk/credential-provider-node`. aws-clients.ts sets the credentials. */
export const defaultProvider = unused;

/** From `@aws-sdk/endpoint-cache`. DynamoDB's client makes one, but none of its operations uses it. */
export class EndpointCache {}

/** From `@smithy/core/event-streams`. No operation in use streams. */
export class EventStreamSerde {
  constructor() {
    unused();
  }
}

function unused(): never {
  throw new Error('This part of the SDK is left out of the bundle: see infra/bundle/index.js');
}
