/** The address on which everything that shows messages listens: only this machine reaches it. */
export const LOOPBACK = '127.0.0.1';

/**
 * What a client on this machine may call it. A web page can have any other name lead here, and then reads
 * the answers as its own: https://en.wikipedia.org/wiki/DNS_rebinding
 */
export const LOOPBACK_NAMES: readonly string[] = ['localhost', LOOPBACK, '[::1]'];
