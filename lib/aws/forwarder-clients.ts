import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { clientSettings } from './aws-clients.ts';

/** Clients that only the forwarder needs. In aws-clients.ts they would be in every function's bundle. */
export const createSQSClient = () =>
  new SQSClient({
    ...clientSettings('sqs'),
    // Otherwise a queue's URL overrides AWS_ENDPOINT_URL.
    useQueueUrlAsEndpoint: false,
  });
export const createSSMClient = () => new SSMClient(clientSettings('ssm'));
