/** Why the stack does not start, where whoever starts it can put it right: the message says how. */
export class StartError extends Error {}
