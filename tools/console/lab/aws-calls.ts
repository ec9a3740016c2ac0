import type { AwsCall } from '../../local/fault-proxy.ts';

type Called = Pick<AwsCall, 'operation' | 'body'>;

/** The messages that a call of a function is about; none, if it only looks for some. */
export function idsOf({ operation, body }: Called): string[] {
  if (operation.startsWith('Publish')) return attributesOf(body, 'message_id');
  const key = (body.Item ?? body.Key) as { message_id?: { S?: string } } | undefined;
  return key?.message_id?.S ? [key.message_id.S] : [];
}

/** Whether what a call publishes was published before. */
export function isReplay({ body }: Called): boolean {
  return attributesOf(body, 'replay').length > 0;
}

/** What a call is for: lib/aws/message-store.ts and lib/aws/message-topic.ts make them. */
export function purposeOf(call: Called): string {
  const { operation, body } = call;
  switch (operation) {
    case 'PutItem':
      return 'store and claim';
    case 'GetItem':
      return 'read what is stored';
    case 'UpdateItem':
      return purposeOfUpdate(body);
    case 'Publish':
    case 'PublishBatch': {
      const others = idsOf(call).length - 1;
      const what = isReplay(call) ? 'publish once more' : 'publish';
      return others > 0 ? `${what}, with ${others} more` : what;
    }
    default:
      return operation;
  }
}

function purposeOfUpdate({ UpdateExpression, ExpressionAttributeValues }: Called['body']): string {
  const update = String(UpdateExpression);
  if (update.includes('published_at')) return 'mark as published';
  if (update.startsWith('REMOVE')) return 'release';
  // The webhook claims what it has seen; the sweeper, what nobody holds a live claim on by now.
  return ':now' in ((ExpressionAttributeValues ?? {}) as object) ? 'claim' : 'take over';
}

/** The values of a message attribute, of each entry of SNS's flat parameters. */
function attributesOf(body: Called['body'], attribute: string): string[] {
  return Object.entries(body).flatMap(([parameter, name]) => {
    if (name !== attribute || !/MessageAttributes\.entry\.\d+\.Name$/.test(parameter)) return [];
    return String(body[parameter.replace(/Name$/, 'Value.StringValue')]);
  });
}
