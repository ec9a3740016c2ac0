import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * In place of `@aws-sdk/credential-provider-node`: the credentials that Lambda puts into the
 * environment. They are the same as long as the process lives, so they are read once.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 *
 * @param {Parameters<typeof fromEnv>[0]} init
 */
export function defaultProvider(init) {
  const provide = fromEnv(init);
  /** @type {ReturnType<typeof provide> | undefined} */
  let credentials;
  return () => {
    credentials ??= provide();
    return credentials;
  };
}
