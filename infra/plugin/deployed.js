/** What is deployed, and what a rollback would bring back: asked of AWS, as serverless is. */

/** @import { AwsProvider, Template } from '../types.d.ts' */

/** @typedef {Record<string, unknown>} Variables The environment of the webhook's function. */

/** @param {Template} template @returns {Variables} The webhook's variables in it. */
export function variablesIn(template) {
  const webhook = template.Resources?.ReceiveSmsLambdaFunction;
  return webhook?.Properties?.Environment?.Variables ?? {};
}

/**
 * The variables that the deployed webhook has now, from Lambda: a template would miss what
 * `deploy function` has changed.
 *
 * @param {Pick<AwsProvider, 'getAwsSdkV3Config'>} provider
 * @param {string} functionName
 * @returns {Promise<Variables>} Nothing if it is not deployed yet.
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
      `The tokens in force cannot be read from ${functionName}, so they cannot be compared with yours: ${message}`,
    );
  }
}

/**
 * What a rollback brings back: the template in the bucket of the artefacts.
 *
 * @param {AwsProvider} provider
 * @param {string} service
 * @param {string} timestamp As `serverless rollback` takes it: milliseconds or a date.
 * @returns {Promise<Template | undefined>} Undefined if there is no such deployment: serverless says so.
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
 * @returns {Promise<Record<string, string>>} Of the deployed stack; nothing if it is not there yet.
 */
export async function outputsOfStack(provider) {
  const { DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const client = await provider.getCloudFormationClient();
  const command = new DescribeStacksCommand({ StackName: provider.naming.getStackName() });
  try {
    return outputsByKey((await client.send(command)).Stacks?.[0]?.Outputs);
  } catch (error) {
    // AWS has no error of its own for it.
    if (/does not exist/.test(/** @type {Error} */ (error).message)) return {};
    throw error;
  }
}

/** @param {readonly { OutputKey?: string | undefined, OutputValue?: string | undefined }[]} [outputs] */
export const outputsByKey = (outputs = []) =>
  Object.fromEntries(
    outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
  );
