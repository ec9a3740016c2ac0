import { PublishCommand, type PublishCommandOutput, type SNSClient } from '@aws-sdk/client-sns';
import { onTestFinished, vi } from 'vitest';
import { createSNSClient } from '../../lib/aws/aws-clients.ts';

/** The functions' SNS client at this endpoint, until the test ends. */
export function snsClientOf(endpoint: string): SNSClient {
  vi.stubEnv('AWS_ENDPOINT_URL_SNS', endpoint);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  const client = createSNSClient();
  onTestFinished(() => {
    vi.unstubAllEnvs();
    client.destroy();
  });
  return client;
}

/** @param text The message. Its content does not matter. */
export function publishWith(client: SNSClient, text = 'm'): Promise<PublishCommandOutput> {
  return client.send(new PublishCommand({ TopicArn: 'arn', Message: text }));
}
