import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { clientSettings } from './aws-clients.ts';

/** The clients that only the forwarder has: beside the others, they would be in each function's bundle. */
export const createSQSClient = () =>
  new SQSClient({
    ...clientSettings('sqs'),
    // Otherwise a queue's URL outdoes AWS_ENDPOINT_URL.
    useQueueUrlAsEndpoint: false,
  });
export const createSSMClient = () => new SSMClient(clientSettings('ssm'));
