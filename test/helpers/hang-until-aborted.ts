import { callAbort } from '../../lib/aws/call-within.ts';

/** A call that gets no answer, and ends at its deadline as the SDK's calls do. */
export function hangUntilAborted(): Promise<never> {
  return new Promise((_, reject) => {
    callAbort()?.addEventListener('abort', () =>
      reject(Object.assign(new Error('Aborted'), { name: 'AbortError' })),
    );
  });
}
