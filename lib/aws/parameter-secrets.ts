import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { ReadSecret } from '../forwarding/forwarding-ports.ts';
import { secretParameter } from '../forwarding/subscriber.ts';
import { callWithin } from './call-within.ts';

/** Errors that a person must fix: in the role, or in the parameter's key. */
const NOT_READABLE = /AccessDenied|InvalidKeyId/;

/**
 * Reads secrets from SSM's Parameter Store.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
 */
export function parameterSecrets(client: SSMClient, service: string, stage: string): ReadSecret {
  return async (secret, deadline) => {
    const command = new GetParameterCommand({
      Name: secretParameter(service, stage, secret),
      WithDecryption: true,
    });
    try {
      const { Parameter } = await callWithin(deadline, () => client.send(command));
      return Parameter?.Value ? { secret: Parameter.Value } : { reason: 'secret missing' };
    } catch (error) {
      const { name = '' } = error as Partial<Error>;
      if (name === 'ParameterNotFound') return { reason: 'secret missing' };
      return {
        reason: NOT_READABLE.test(name) ? 'secret not readable' : 'secret unavailable',
        error,
      };
    }
  };
}
