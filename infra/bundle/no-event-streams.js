/** In place of `@smithy/core/event-streams`: no operation in use streams. */
export class EventStreamSerde {
  constructor() {
    throw new Error('Event streams are left out of this bundle: see infra/bundle/replacements.js');
  }
}
