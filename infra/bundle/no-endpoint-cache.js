/**
 * In place of `@aws-sdk/endpoint-cache`: the client makes one, and none of its operations uses it.
 * Any use is an error, because there is nothing in it.
 */
export class EndpointCache {}
