import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished, vi } from 'vitest';
import { forwarderDependencies } from '../../../lib/aws/forwarder-dependencies.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import { subscribed } from '../../helpers/sns-query.ts';

const PLACE = { service: 'inbound-sms', tableName: 'messages', timeZone: 'UTC' };
const never = new AbortController().signal;

it.each([
  ['prod', false],
  ['local', true],
])('the stage %s counts as the local stack: %j', (stage, isLocal) => {
  expect(forwarderDependencies({ ...PLACE, stage })).toMatchObject({ isLocal, timeZone: 'UTC' });
});

it('sends a POST to its URL and an e-mail to SNS, and reads a secret once', async () => {
  const received: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const target = request.headers['x-amz-target'];
    received.push(`${request.url} ${target ?? new URLSearchParams(body).get('Action') ?? body}`);
    response.end(target ? '{"Parameter":{"Value":"of crm"}}' : subscribed(1).xml);
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  onTestFinished(() => hangUp(server));
  for (const [name, value] of Object.entries({
    ...{ AWS_ENDPOINT_URL: `${url}/aws`, AWS_REGION: 'us-east-1', AWS_PROFILE: undefined },
    ...{ AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' },
  })) {
    vi.stubEnv(name, value);
  }
  onTestFinished(() => void vi.unstubAllEnvs());

  const { send, readSecret } = forwarderDependencies({ ...PLACE, stage: 'prod' });
  await send({ kind: 'post', url: `${url}/hooks`, headers: {}, body: 'message' }, never);
  const topicArn = 'arn:aws:sns:us-east-1:123456789012:team';
  await send({ kind: 'publish', topicArn, subject: 'SMS', text: 'Hello' }, never);
  for (let n = 0; n < 2; n++) expect(await readSecret('CRM_SECRET')).toEqual({ secret: 'of crm' });
  expect(received).toEqual([
    '/hooks message',
    '/aws/ GetTopicAttributes',
    '/aws/ Publish',
    '/aws/ AmazonSSM.GetParameter',
  ]);
});
