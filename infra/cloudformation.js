/**
 * @import { Subscriber } from './plugin/subscribers.js'
 * @import { Parameters, Resolver } from './types.d.ts'
 */

/**
 * Resources that depend on parameters, for `${file(infra/NAME.js):export}` in serverless.yml.
 *
 * @template T
 * @param {(parameters: Parameters) => T} build
 */
export function withParameters(build) {
  return async (/** @type {Resolver} */ { resolveVariable }) =>
    build(/** @type {Parameters} */ (await resolveVariable('parameters:')));
}

/**
 * The subscribers of the deployed stage in settings.yml.
 *
 * @param {Pick<Resolver, 'resolveVariable'>} resolver
 * @returns {Promise<readonly Subscriber[]>}
 */
export const subscribersOf = ({ resolveVariable }) =>
  resolveVariable('file(infra/plugin/serverless-config.js):subscribers');

/** @param {string} id @param {string} attribute */
export const getAtt = (id, attribute) => ({ 'Fn::GetAtt': [id, attribute] });

/** @param {string} text */
export const sub = (text) => ({ 'Fn::Sub': text });

/**
 * JSON as a text, with the value of a resource's `Ref` in place of `{ Ref: ID }`. Without any, it is a
 * plain text, because `Fn::Sub` is for texts with variables.
 *
 * @param {unknown} value
 */
export function subJson(value) {
  const text = JSON.stringify(value, (_, each) => {
    if (each?.Ref) return `\${${each.Ref}}`;
    return typeof each === 'string' ? each.replaceAll('${', '${!') : each;
  });
  return text.includes('${') ? sub(text) : text;
}

/** @param {readonly object[]} Statement */
export const policy = (Statement) => ({ Version: '2012-10-17', Statement });

/**
 * A statement of a policy.
 *
 * @param {string} Sid
 * @param {string | readonly string[]} Action
 * @param {unknown} Resource
 * @param {{ Principal?: object, Condition?: object }} [rest]
 */
export function allow(Sid, Action, Resource, { Principal, Condition } = {}) {
  return {
    Sid,
    Effect: 'Allow',
    ...(Principal && { Principal }),
    Action,
    Resource,
    ...(Condition && { Condition }),
  };
}

/** @param {string} topic */
export const publishOverTlsOnly = (topic) => ({
  Sid: 'PublishOverTlsOnly',
  Effect: 'Deny',
  Principal: '*',
  Action: 'sns:Publish',
  Resource: { Ref: topic },
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

/** @param {string} topic @param {readonly object[]} statements */
export const topicPolicy = (topic, statements) => ({
  Type: 'AWS::SNS::TopicPolicy',
  Properties: { Topics: [{ Ref: topic }], PolicyDocument: policy(statements) },
});
