/**
 * Resources that depend on parameters, for `${file(infra/NAME.js):export}` in serverless.yml.
 *
 * @template T
 * @param {(parameters: Record<string, any>) => T} build The parameters are checked: see
 * plugin/parameters.js.
 */
export function withParameters(build) {
  return async (/** @type {any} */ { resolveVariable }) =>
    build(await resolveVariable('parameters:'));
}
