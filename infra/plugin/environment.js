import { functionConfig } from './function-config.js';
import { PARAMETERS } from './parameters.js';

/**
 * Of all variables of a function together.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
const MAX_BYTES = 4_096;

/** How each function reads its environment: see functions/. */
export const READERS = {
  ReceiveSmsLambdaFunction: 'readReceiveSmsConfig',
  PublishPendingLambdaFunction: 'readCommonConfig',
};

/** Where a variable comes from that has not the name of a parameter. */
const SOURCES = {
  WEBHOOK_TOKEN_HASHES: 'WEBHOOK_TOKENS',
  EDGE_SECRET_HASHES: 'EDGE_SECRETS',
  SERVICE: 'The name of the service',
  STAGE: 'The stage',
};

/**
 * @param {{ Resources: Record<string, any> }} template As it is deployed.
 * @param {string} stackName
 * @throws {Error} If a function would refuse its environment at start, or Lambda would not take it.
 * Names what was set and what is allowed.
 */
export function checkEnvironments({ Resources }, stackName) {
  for (const [id, { Type, Properties }] of Object.entries(Resources)) {
    if (Type !== 'AWS::Lambda::Function') continue;
    const environment = resolve(Properties.Environment?.Variables ?? {}, stackName);
    refuseTooLarge(environment, Properties.FunctionName);
    if (READERS[id]) refuseWrong(READERS[id], environment);
  }
}

/** What a reference stands for is known only in AWS: as long as the longest, an ARN in GovCloud. */
function resolve(variables, stackName) {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      typeof value === 'object'
        ? `arn:aws-us-gov:sns:ap-southeast-2:123456789012:${stackName}-${Object.values(value)}-XXXXXXXXXXXXX`
        : String(value),
    ]),
  );
}

/** Lambda measures the variables as JSON, and says so when it refuses them. */
function refuseTooLarge(environment, functionName) {
  const size = bytes(environment);
  if (size <= MAX_BYTES) return;
  const [[largest]] = Object.entries(environment).toSorted(([, a], [, b]) => bytes(b) - bytes(a));
  throw new Error(
    `${sourceOf(largest)} must be shorter: the environment variables of ${functionName} have ${size} bytes, and Lambda takes ${MAX_BYTES} at most`,
  );
}

function refuseWrong(reader, environment) {
  try {
    functionConfig()[reader](environment);
  } catch (error) {
    throw new Error(
      error.message.replace(/^The environment variable (\w+)/, (_, name) => sourceOf(name)),
    );
  }
}

/** What somebody has set to fill a variable: `ALLOWED_SMS_NUMBERS` is `allowedSmsNumbers`. */
function sourceOf(variable) {
  const parameter = variable.toLowerCase().replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
  if (Object.hasOwn(PARAMETERS, parameter)) return `The parameter ${parameter}`;
  return SOURCES[variable] ?? `The environment variable ${variable}`;
}

function bytes(value) {
  return Buffer.byteLength(JSON.stringify(value));
}
