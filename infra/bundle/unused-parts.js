/**
 * In place of `@aws-sdk/endpoint-cache`: the client makes one, and none of its operations uses it.
 * Any use is an error, because there is nothing in it.
 */
export class EndpointCache {}

/** In place of `@smithy/core/event-streams`: no operation in use streams. */
export class EventStreamSerde {
  constructor() {
    throw new Error('Event streams are left out of this bundle: see infra/bundle/index.js');
  }
}
