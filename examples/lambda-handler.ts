import type { SNSEvent } from 'aws-lambda';
import { saveOnce } from './save-once.ts';

/** A Lambda function that is subscribed to the topic. If it fails, Lambda retries with the same event. */
export async function handler({ Records }: SNSEvent): Promise<void> {
  for (const { Sns } of Records) await saveOnce(JSON.parse(Sns.Message));
}
