/**
 * One instance of a function. It has its own process, so that a crash or an endless loop ends only this
 * instance. `function-runtime.ts` starts it and talks to it.
 */
import { pathToFileURL } from 'node:url';

/** A message to this process. */
export interface Invocation {
  readonly event: unknown;
  /** The time by `Date.now()` at which the invocation is ended. */
  readonly deadline: number;
  /** The rest of Lambda's context. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** A message from this process. The result is already JSON, as Lambda would answer it. */
export type Reply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly json: string }
  | { readonly kind: 'error'; readonly message: string };

type Handler = (event: unknown, context: object) => unknown;

const [file = '', exportName = ''] = process.argv.slice(2);

// The stack is gone.
process.on('disconnect', () => process.exit());
// Ctrl-C reaches every process of the terminal. The stack decides when this one ends.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});

const handler: Handler = (await import(pathToFileURL(file).href))[exportName];
if (typeof handler !== 'function') throw new Error(`${file} exports no function "${exportName}"`);

process.on('message', async (invocation: Invocation) => reply(await invoke(invocation)));
reply({ kind: 'ready' });

async function invoke({ event, context, deadline }: Invocation): Promise<Reply> {
  try {
    const result = await handler(event, {
      ...context,
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    });
    return { kind: 'result', json: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    return { kind: 'error', message: error instanceof Error ? String(error.stack) : String(error) };
  }
}

function reply(message: Reply): void {
  process.send?.(message);
}
