/** The webhook's function in the template that serverless makes. */
const WEBHOOK = 'ReceiveSmsLambdaFunction';

/**
 * The webhook's variables in a template.
 *
 * @param {{ Resources?: Record<string, any> }} template
 * @returns {Record<string, unknown>}
 */
export function variablesIn(template) {
  return template.Resources?.[WEBHOOK]?.Properties?.Environment?.Variables ?? {};
}

/**
 * The variables that the deployed webhook has now, from Lambda: a template would miss what
 * `deploy function` has changed.
 *
 * @param {any} provider serverless' own, for credentials and region.
 * @param {string} functionName
 * @returns {Promise<Record<string, unknown>>} Nothing if it is not deployed yet.
 */
export async function variablesInForce(provider, functionName) {
  const { LambdaClient, GetFunctionConfigurationCommand } = await import('@aws-sdk/client-lambda');
  const client = new LambdaClient(await provider.getAwsSdkV3Config());
  try {
    const command = new GetFunctionConfigurationCommand({ FunctionName: functionName });
    return (await client.send(command)).Environment?.Variables ?? {};
  } catch (error) {
    if (error.name === 'ResourceNotFoundException') return {};
    throw new Error(
      `The tokens in force cannot be read from ${functionName}, so they cannot be compared with yours: ${error.message}`,
    );
  } finally {
    client.destroy();
  }
}

/**
 * The variables that a rollback brings back, from the template in the bucket of the artefacts.
 *
 * @param {any} provider
 * @param {string} service
 * @param {string} timestamp As `serverless rollback` takes it: milliseconds or a date.
 * @returns {Promise<Record<string, unknown>>} Nothing if there is no such deployment: serverless says so.
 */
export async function variablesOfDeployment(provider, service, timestamp) {
  const { S3Client, GetObjectCommand } = await import('@aws-sdk/client-s3');
  const given = new Date(timestamp);
  const date = Number.isNaN(given.valueOf()) ? new Date(Number(timestamp)) : given;
  if (Number.isNaN(date.valueOf())) return {};
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
    return variablesIn(JSON.parse((await Body?.transformToString()) ?? '{}'));
  } catch (error) {
    if (error.name === 'NoSuchKey') return {};
    throw error;
  } finally {
    client.destroy();
  }
}
