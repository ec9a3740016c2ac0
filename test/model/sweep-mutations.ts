import type { Mutation } from './mutations.ts';

const BATCH = 'lib/sweep-batch.ts';
const CALLS = 'lib/call-within.ts';
const READER = 'lib/pending-reader.ts';
const SWEEP = 'lib/sweep.ts';
const SWEEPER = 'lib/publish-pending.ts';
const TOPIC = 'lib/message-topic.ts';

/** Each breaks the guarantee, and each must be caught by the model: what is swept, and in which order. */
export const SWEEP_MUTATIONS: readonly Mutation[] = [
  {
    name: 'sweeps one shard only',
    file: READER,
    find: 'buffers = ALL_SHARDS.map(',
    replace: 'buffers = ALL_SHARDS.slice(0, 1).map(',
  },
  {
    name: 'sweeps without marking',
    file: BATCH,
    find: '.markPublished(record.message_id, owner, publication, ',
    replace: '.release(record.message_id, owner, ',
  },
  {
    name: 'marks what failed in a batch',
    file: TOPIC,
    find: 'return code ? { error: code, fault: faultOfCode(code) } : NO_RESULT;',
    replace: "return { sns_message_id: 'none' };",
  },
  {
    name: 'publishes what somebody else has claimed',
    file: BATCH,
    find: 'record?.claim?.owner === owner',
    replace: 'record',
  },
  {
    name: 'gives up a call of which one entry is invalid',
    file: TOPIC,
    find: "answer.fault === 'topic' || batch.length === 1",
    replace: 'true',
  },
  {
    name: 'lets one entry have every call of its batch fail for ever',
    file: BATCH,
    find: 'const ALONE_AFTER = 5',
    replace: 'const ALONE_AFTER = 1_000',
  },
  {
    name: 'lets an entry with an unknown error fail its whole batch',
    file: 'lib/publish-faults.ts',
    find: "(IS_THROTTLING.test(code) ? 'topic' : 'unknown')",
    replace: "'topic'",
  },
  {
    name: 'takes a failure of the topic for one of the entry',
    file: BATCH,
    find: "result.fault === 'entry' ||",
    replace: "result.fault !== 'unknown' ||",
  },
  {
    name: 'takes an unknown error for a final one at once',
    file: BATCH,
    find: 'age >= UNKNOWN_FOR_MS',
    replace: 'true',
  },
  {
    name: 'publishes a conversation in one call',
    file: BATCH,
    find: 'run.held ? roundsOf(claimed) : [claimed]',
    replace: '[claimed]',
  },
  {
    name: 'goes on with a conversation in the batch in which a message failed',
    file: BATCH,
    find: 'failedBefore.waitFor(record, run.dependencies.now());',
    replace: '',
  },
  {
    name: 'goes on with a conversation in the batch after a message failed',
    file: BATCH,
    find: 'run.held?.waitFor(record, run.dependencies.now());',
    replace: '',
  },
  {
    name: 'goes on with conversations though a record could not be claimed',
    file: BATCH,
    find: 'held?.waitForUnknown(key, now());',
    replace: '',
  },
  {
    name: 'goes on with conversations though a shard could not be read',
    file: SWEEP,
    find: 'if (held && reader.error !== undefined) {',
    replace: 'if (false) {',
  },
];

/** The same for what ends when, and what is left when a handler returns. */
export const TIME_MUTATIONS: readonly Mutation[] = [
  {
    name: 'returns at the first failed query, with batches under way',
    file: READER,
    find: 'error ??= reason;\n        return undefined;',
    replace: 'throw reason;',
  },
  {
    name: 'leaves a call under way when it aborts it',
    file: CALLS,
    find: 'return await current.run(abort, call);',
    replace:
      'return await Promise.race([\n      current.run(abort, call),\n      new Promise<never>((_, fail) => signal.addEventListener("abort", () => fail(signal.reason))),\n    ]);',
  },
  {
    name: 'does not abort what a deadline ends',
    file: CALLS,
    find: '    abort.aborted = true;\n    abort.onabort?.();',
    replace: '    abort.aborted = true;',
  },
  {
    name: 'pauses between attempts beyond the deadline',
    file: CALLS,
    find: '    if (!abort) return;\n    abort.onabort',
    replace: '    if (!abort || ms > 0) return;\n    abort.onabort',
  },
  {
    name: 'gives the marks of a sweep the deadline of its publishing',
    file: BATCH,
    find: 'publication, within(deadlines.mark))',
    replace: 'publication, within(deadlines.publish))',
  },
  {
    name: 'reserves no time of a sweep for marks',
    file: SWEEPER,
    find: 'publish: 6_000',
    replace: 'publish: 2_500',
  },
  {
    name: 'waits for all results of a batch before its first mark',
    file: BATCH,
    find: '(await results[index]) ??',
    replace: '(await Promise.all(results))[index] ??',
  },
  {
    name: 'gives the releases of a sweep no deadline',
    file: BATCH,
    find: 'record.message_id, owner, within(deadlines.mark));',
    replace: 'record.message_id, owner, {});',
  },
  {
    name: 'gives the publishing of a sweep no deadline',
    file: BATCH,
    find: 'const options = within(run.deadlines.publish);',
    replace: 'const options = {};',
  },
  {
    name: 'leaves the timers of its sweeps behind',
    file: SWEEPER,
    find: 'using deadlines',
    replace: 'const deadlines',
  },
];
