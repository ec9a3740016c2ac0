/** An answer of SNS in the query protocol. */
export interface SnsAnswer {
  readonly status: number;
  readonly xml: string;
}

export const ok = (xml: string): SnsAnswer => ({ status: 200, xml });
const members = (list: readonly string[]) => list.map((one) => `<member>${one}</member>`).join('');
export const batchXml = (successes: readonly string[] = [], failures: readonly string[] = []) =>
  `<PublishBatchResponse><PublishBatchResult><Successful>${members(successes)}</Successful><Failed>${members(failures)}</Failed></PublishBatchResult></PublishBatchResponse>`;
export const failure = (status: number, code: string): SnsAnswer => ({
  status,
  xml: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>m</Message></Error></ErrorResponse>`,
});

/** The list with this prefix in the query protocol: each member's parameters, without the prefix. */
function listOf(call: URLSearchParams, prefix: string): Record<string, string>[] {
  const members: Record<string, string>[] = [];
  for (const [name, value] of call) {
    const [, number, rest] = name.match(`^${prefix}\\.(\\d+)\\.(.+)$`) ?? [];
    if (number && rest) members[+number - 1] = { ...members[+number - 1], [rest]: value };
  }
  return members;
}

/** The entries of a PublishBatch: their ids, and the beginnings of their messages. */
export const entriesOf = (call: URLSearchParams) =>
  listOf(call, 'PublishBatchRequestEntries.member').map(({ Id, Message }) => ({
    id: Id,
    text: Message?.replace(/\.+$/, '') ?? '',
  }));

/** Name, type and value of each attribute. */
export const attributesOf = (call: URLSearchParams, prefix = '') =>
  listOf(call, `${prefix}MessageAttributes.entry`).map(Object.values);

/** SNS's answer to a batch: `failed` has the code and SenderFault of messages that fail. */
export function batchAnswer(
  call: URLSearchParams,
  failed: Readonly<Record<string, readonly [code: string, senderFault: boolean]>> = {},
): SnsAnswer {
  const successes: string[] = [];
  const failures: string[] = [];
  for (const { id, text } of entriesOf(call)) {
    const [code, fault] = failed[text] ?? [];
    const list = code ? failures : successes;
    const rest = `<MessageId>sns-${text}</MessageId><Code>${code}</Code><SenderFault>${fault}</SenderFault>`;
    list.unshift(`<Id>${id}</Id>${rest}`);
  }
  return ok(batchXml(successes, failures));
}

/** An answer to Publish and to GetTopicAttributes, of a topic with this many confirmed subscriptions. */
export function subscribed(count: number): SnsAnswer {
  const entry = `<entry><key>SubscriptionsConfirmed</key><value>${count}</value></entry>`;
  const result = `<Attributes>${entry}</Attributes><MessageId>1</MessageId>`;
  const results = ['GetTopicAttributes', 'Publish'].map(
    (action) => `<${action}Result>${result}</${action}Result>`,
  );
  return ok(`<Response>${results.join('')}</Response>`);
}
