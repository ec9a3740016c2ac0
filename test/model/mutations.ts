/** A deliberate defect: the text of one place in a file, and what takes its place. */
export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const DELIVERY = 'lib/delivery.ts';
const SWEEP = 'lib/sweep.ts';
/** Its conditions are those of the DynamoDB adapter: one contract suite runs on both. */
const STORE = 'test/fakes/memory-message-store.ts';

const beforePublish = (statement: string) => ({
  file: DELIVERY,
  find: 'const sns_message_id = await dependencies.topic',
  replace: `${statement}\n  const sns_message_id = await dependencies.topic`,
});

/** Each breaks the guarantee, and each must be caught by the model. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'takes other content under a known id for the same message',
    file: DELIVERY,
    find: 'existing.fingerprint !== record.fingerprint',
    replace: 'false',
  },
  {
    name: 'answers 200 to a conflict',
    file: DELIVERY,
    find: "return { outcome: 'conflict', attempts }",
    replace: "return { outcome: 'duplicate', attempts }",
  },
  {
    name: 'answers 200 while the message is in flight',
    file: DELIVERY,
    find: "if (existing.claim && existing.claim.until > now()) return { outcome: 'in-flight', attempts }",
    replace:
      "if (existing.claim && existing.claim.until > now()) return { outcome: 'duplicate', attempts }",
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
    find: "if (!taken) return { outcome: 'in-flight', attempts };\n  return { owner: mine.owner, record: taken };",
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
    find: "throw new DeliveryFailed('publish', error, record.attempts);",
    replace: "return 'none';",
  },
  {
    name: 'sets the TTL at the put',
    file: DELIVERY,
    find: '    attempts: 1,\n    claim: mine,',
    replace: '    attempts: 1,\n    expires_at: 1,\n    claim: mine,',
  },
  {
    name: 'puts unconditionally',
    file: STORE,
    find: 'if (existing) return existing;',
    replace: '',
  },
  {
    name: 'marks unconditionally',
    file: STORE,
    find: 'sns_message_id) return true;\n    if (!record || record.claim?.owner !== owner) return false;',
    replace: 'sns_message_id) return true;\n    if (!record) return false;',
  },
  {
    name: 'releases unconditionally',
    file: STORE,
    find: 'const record = this.records.get(messageId);\n    if (!record || record.claim?.owner !== owner) return false;',
    replace: 'const record = this.records.get(messageId);\n    if (!record) return false;',
  },
  {
    name: 'takes over whatever claim is there',
    file: STORE,
    find: 'isPending(record) && isAsSeen ?',
    replace: 'isPending(record) ?',
  },
  {
    name: 'sweeps live claims',
    file: STORE,
    find: 'record.claim.until <= now',
    replace: 'true',
  },
  {
    name: 'sweeps what is published',
    file: STORE,
    find: 'isPending(record) && isFree)',
    replace: 'isFree)',
  },
  {
    name: 'does not count attempts',
    file: STORE,
    find: 'attempts: record.attempts + 1',
    replace: 'attempts: record.attempts',
  },
  {
    name: 'sweeps without marking',
    file: SWEEP,
    find: '.markPublished(record.message_id, owner, publication, options)',
    replace: '.release(record.message_id, owner, options)',
  },
  {
    name: 'marks what a failed batch did not publish',
    file: SWEEP,
    find: '({ error: error.name, refused: false })',
    replace: "({ sns_message_id: 'none' })",
  },
  {
    name: 'publishes what somebody else has claimed',
    file: SWEEP,
    find: 'record?.claim?.owner === owner',
    replace: 'record',
  },
  {
    name: 'sweeps one shard only',
    file: 'lib/pending-reader.ts',
    find: 'buffers = ALL_SHARDS.map(',
    replace: 'buffers = ALL_SHARDS.slice(0, 1).map(',
  },
];
