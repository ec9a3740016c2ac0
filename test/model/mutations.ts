/** A deliberate defect: the text of one place in a file, and what takes its place. */
export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const DELIVERY = 'lib/delivery.ts';
const STORE = 'lib/message-store.ts';
const WEBHOOK = 'lib/receive-sms.ts';

const beforePublish = (statement: string) => ({
  file: DELIVERY,
  find: 'const sns_message_id = await dependencies.topic',
  replace: `${statement}\n  const sns_message_id = await dependencies.topic`,
});

/** Each breaks the guarantee, and each must be caught by the model: what a PBX is told, and who may publish. */
export const DELIVERY_MUTATIONS: readonly Mutation[] = [
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

/** The same for the conditions of the table's writes. */
export const STORE_MUTATIONS: readonly Mutation[] = [
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
    find: 'keepRequests}, ',
    replace: 'keepRequests} + :one, ',
  },
  {
    name: 'does not see whose claim it met',
    file: STORE,
    find: 'item.claim_owner !== undefined',
    replace: 'false',
  },
];
