/** The child's side of remote.ts. */

export interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type Reply = { readonly id: number } & (
  | { readonly result: unknown }
  | { readonly error: string }
);

/** Answers the parent's calls with `methods`, until the parent is gone. */
export function serve(methods: object): void {
  process.on('disconnect', () => process.exit());
  // Ctrl-C goes to every process of the terminal: when this one ends is for the parent to say.
  for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
  process.on('message', async ({ id, method, args }: Call) => {
    let reply: Reply;
    try {
      const call = (methods as Record<string, (...args: unknown[]) => unknown>)[method];
      if (!call) throw new Error(`There is no method ${method}`);
      reply = { id, result: await call(...args) };
    } catch (error) {
      reply = { id, error: error instanceof Error ? String(error.stack) : String(error) };
    }
    process.send?.(reply);
  });
}
