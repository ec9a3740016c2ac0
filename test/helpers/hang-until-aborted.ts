import { callAbort } from '../../lib/aws/call-within.ts';

/** A call that is not answered, and ends as the SDK's do when it has to. */
export function hangUntilAborted(): Promise<never> {
  return new Promise((_, reject) => {
    callAbort()?.addEventListener('abort', () =>
      reject(Object.assign(new Error('Aborted'), { name: 'AbortError' })),
    );
  });
}
