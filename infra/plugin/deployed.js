/** Asks AWS what is deployed and what a rollback would bring back. Uses serverless's credentials. */

/** @import { AwsProvider, Template } from '../types.d.ts' */

/** @typedef {Record<string, unknown>} Variables The environment of the webhook's function. */

/** @param {Template} template @returns {Variables} The webhook's variables in it. */
export function variablesIn(template) {
  const webhook = template.Resources?.ReceiveSmsLambdaFunction;
  return webhook?.Properties?.Environment?.Variables ?? {};
}

/**
 * The deployed webhook's current variables, from Lambda. A template would not have the changes of `deploy
 * function`.
 *
 * @param {Pick<AwsProvider, 'getAwsSdkV3Config'>} provider
 * @param {string} functionName
 * @returns {Promise<Variables>} Empty if it is not deployed yet.
 */
export async function variablesInForce(provider, functionName) {
  const { LambdaClient, GetFunctionConfigurationCommand } = await import('@aws-sdk/client-lambda');
  const client = new LambdaClient(await provider.getAwsSdkV3Config());
  try {
    const command = new GetFunctionConfigurationCommand({ FunctionName: functionName });
    return (await client.send(command)).Environment?.Variables ?? {};
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    if (name === 'ResourceNotFoundException') return {};
    throw new Error(
      [
        `The tokens in force cannot be read from ${functionName}, so they cannot be compared with yours: ${message}`,
        'Use credentials with these permissions: docs/permissions.md#deployer.',
      ].join('\n'),
    );
  }
}

/**
 * The template that a rollback brings back, from the bucket of the artefacts.
 *
 * @param {AwsProvider} provider
 * @param {string} service
 * @param {string} timestamp As for `serverless rollback`: milliseconds or a date.
 * @returns {Promise<Template | undefined>} Undefined if there is no such deployment. serverless reports
 * that.
 */
export async function templateOfDeployment(provider, service, timestamp) {
  const { S3Client, GetObjectCommand } = await import('@aws-sdk/client-s3');
  const given = new Date(timestamp);
  const date = Number.isNaN(given.valueOf()) ? new Date(Number(timestamp)) : given;
  if (Number.isNaN(date.valueOf())) return undefined;
  const folder = [
    ...[provider.getDeploymentPrefix(), service, provider.getStage()],
    `${date.getTime()}-${date.toISOString()}`,
  ];
  const client = new S3Client(await provider.getAwsSdkV3Config());
  try {
    const { Body } = await client.send(
      new GetObjectCommand({
        Bucket: await provider.getServerlessDeploymentBucketName(),
        Key: [...folder, provider.naming.getCompiledTemplateS3Suffix()].join('/'),
      }),
    );
    return JSON.parse((await Body?.transformToString()) ?? '{"Resources":{}}');
  } catch (error) {
    if (/** @type {Error} */ (error).name === 'NoSuchKey') return undefined;
    throw error;
  }
}

/**
 * @param {AwsProvider} provider
 * @returns {Promise<Record<string, string>>} The deployed stack's outputs; empty if there is no stack yet.
 */
export async function outputsOfStack(provider) {
  const { DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const client = await provider.getCloudFormationClient();
  const command = new DescribeStacksCommand({ StackName: provider.naming.getStackName() });
  try {
    return outputsByKey((await client.send(command)).Stacks?.[0]?.Outputs);
  } catch (error) {
    // AWS has no specific error for it.
    if (/does not exist/.test(/** @type {Error} */ (error).message)) return {};
    throw error;
  }
}

/** @param {readonly { OutputKey?: string | undefined, OutputValue?: string | undefined }[]} [outputs] */
export const outputsByKey = (outputs = []) =>
  Object.fromEntries(
    outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
  );
