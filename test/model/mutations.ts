/** A deliberate defect: the text of one place in a file, and what takes its place. */
export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const BATCH = 'lib/sweep-batch.ts';
const CALLS = 'lib/call-within.ts';
const DELIVERY = 'lib/delivery.ts';
const READER = 'lib/pending-reader.ts';
const STORE = 'lib/message-store.ts';
const SWEEP = 'lib/sweep.ts';
const SWEEPER = 'lib/publish-pending.ts';
const TOPIC = 'lib/message-topic.ts';
const WEBHOOK = 'lib/receive-sms.ts';

const beforePublish = (statement: string) => ({
  file: DELIVERY,
  find: 'const sns_message_id = await dependencies.topic',
  replace: `${statement}\n  const sns_message_id = await dependencies.topic`,
});

/** What a PBX is told, and who may publish. */
const DELIVERY_MUTATIONS: readonly Mutation[] = [
  {
    name: 'takes other content under a known id for the same message',
    file: DELIVERY,
    find: 'existing.fingerprint !== record.fingerprint',
    replace: 'false',
  },
  {
    name: 'answers 200 to a conflict',
    file: DELIVERY,
    find: "return { outcome: 'conflict' }",
    replace: "return { outcome: 'duplicate' }",
  },
  {
    name: 'answers 200 while the message is in flight',
    file: DELIVERY,
    find: "existing.claim.until > now()) return { outcome: 'in-flight', tries }",
    replace: "existing.claim.until > now()) return { outcome: 'duplicate', tries }",
  },
  {
    name: 'drops the lease test',
    file: DELIVERY,
    find: 'existing.claim && existing.claim.until > now()',
    replace: 'false',
  },
  {
    name: 'takes any claim for its own',
    file: DELIVERY,
    find: 'existing.claim?.owner === mine.owner',
    replace: 'existing.claim',
  },
  {
    name: 'gives every attempt the same owner',
    file: DELIVERY,
    find: 'owner: newOwner()',
    replace: "owner: 'me'",
  },
  {
    name: 'publishes though the take-over failed',
    file: DELIVERY,
    find: "if (!taken) return { outcome: 'in-flight', tries };\n  return { owner: mine.owner, record: taken };",
    replace: 'return { owner: mine.owner, record: taken ?? existing };',
  },
  {
    name: 'marks before it publishes',
    ...beforePublish(
      "await dependencies.store.markPublished(record.message_id, owner, publicationOf('x', dependencies));",
    ),
  },
  {
    name: 'releases before it publishes',
    ...beforePublish('await release(dependencies.store, record.message_id, owner, {});'),
  },
  {
    name: 'answers 200 to a failed publish',
    file: DELIVERY,
    find: "throw new DeliveryFailed('publish', error, triesOf(record));",
    replace: "return 'none';",
  },
  {
    name: 'gives its mark no deadline',
    file: DELIVERY,
    find: 'publication, within(deadlines.cleanUp))',
    replace: 'publication)',
  },
  {
    name: 'gives its mark the deadline of the publish',
    file: DELIVERY,
    find: 'publication, within(deadlines.cleanUp))',
    replace: 'publication, within(deadlines.work))',
  },
  {
    name: 'leaves the timers of its deadlines behind',
    file: WEBHOOK,
    find: 'using deadlines',
    replace: 'const deadlines',
  },
];

/** The conditions of the table's writes. */
const STORE_MUTATIONS: readonly Mutation[] = [
  {
    name: 'puts unconditionally',
    file: STORE,
    find: "ConditionExpression: 'attribute_not_exists(message_id)',",
    replace: '',
  },
  {
    name: 'may expire before it is published',
    file: 'lib/message-item.ts',
    find: 'if (record.published_at === undefined) item.pending_shard = shard;',
    replace: "item.pending_shard = shard; item.expires_at = { N: '1' };",
  },
  {
    name: 'marks unconditionally',
    file: STORE,
    find: "ConditionExpression: isOwner,\n      ExpressionAttributeValues: {\n        ':owner'",
    replace:
      "ConditionExpression: 'attribute_exists(message_id) OR ' + isOwner,\n      ExpressionAttributeValues: {\n        ':owner'",
  },
  {
    name: 'releases unconditionally',
    file: STORE,
    find: "UpdateExpression: 'REMOVE claim_owner, claim_until',\n      ConditionExpression: isOwner",
    replace:
      "UpdateExpression: 'REMOVE claim_owner, claim_until',\n      ConditionExpression: 'attribute_exists(message_id) OR ' + isOwner",
  },
  {
    name: 'takes over any claim',
    file: STORE,
    find: "'claim_owner = :seenOwner AND claim_until = :seenUntil'",
    replace: "'claim_owner = :seenOwner OR claim_until > :seenUntil'",
  },
  {
    name: 'takes over what is published',
    file: STORE,
    find: "const isPending = 'attribute_exists(pending_shard)'",
    replace: "const isPending = 'attribute_exists(message_id)'",
  },
  {
    name: 'sweeps live claims',
    file: STORE,
    find: "'claim_until <= :now'",
    replace: "'claim_until >= :now'",
  },
  {
    name: 'keeps what is marked in the pending index',
    file: STORE,
    find: 'REMOVE pending_shard, claim_owner',
    replace: 'REMOVE claim_owner',
  },
  {
    name: 'does not count attempts',
    file: STORE,
    find: "':one': { N: '1' }",
    replace: "':one': { N: '0' }",
  },
  {
    name: 'counts a sweep as a request',
    file: STORE,
    find: "const countAttempt = 'ADD attempts :one'",
    replace: "const countAttempt = 'ADD attempts :one, requests :one'",
  },
  {
    name: 'does not see whose claim it met',
    file: STORE,
    find: 'item.claim_owner !== undefined',
    replace: 'false',
  },
];

/** What is swept, in which order, and what becomes of it. */
const SWEEP_MUTATIONS: readonly Mutation[] = [
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
    find: "FAULT_OF_CODE[code.replace(/Exception$/, '')] ?? 'unknown'",
    replace: "FAULT_OF_CODE[code.replace(/Exception$/, '')] ?? 'topic'",
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

/** What ends when, and what is left when a function returns. */
const TIME_MUTATIONS: readonly Mutation[] = [
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

/** Each breaks the guarantee, and each must be caught by the model. */
export const MUTATIONS: readonly Mutation[] = [
  ...DELIVERY_MUTATIONS,
  ...STORE_MUTATIONS,
  ...SWEEP_MUTATIONS,
  ...TIME_MUTATIONS,
];
