/** The process of the stub: its work must not be counted as a function's. */
import { AwsStub, type StubOptions } from '../aws-stub.ts';
import { serve } from './serve-remote.ts';

const stubs = new Map<string, AwsStub>();

function stubOf(client: string): AwsStub {
  const stub = stubs.get(client);
  if (!stub) throw new Error(`${client} has no stub`);
  return stub;
}

/** Every client has a port of its own, so that its calls are told from the others'. */
export const methods = {
  /** @returns The URL for the client's calls. */
  open(client: string, options?: StubOptions): Promise<string> {
    const stub = new AwsStub(options);
    stubs.set(client, stub);
    return stub.listen();
  },
  calls: (client: string): number => stubOf(client).callCount,
  remember(client: string, remembers: boolean): void {
    stubOf(client).remembers = remembers;
  },
  hold: (client: string, operation: string): void => stubOf(client).hold(operation),
  held: (client: string): Promise<void> => stubOf(client).held(),
  state(client: string) {
    const { publications, callCount, connections } = stubOf(client);
    return { published: publications.size, calls: callCount, connections };
  },
  release: (client: string): void => stubOf(client).release(),
};

serve(methods);
