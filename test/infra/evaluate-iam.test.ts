import { describe, expect, it } from 'vitest';
import { evaluateIam, type IamRequest } from '../helpers/evaluate-iam.ts';

const Version = '2012-10-17';
const TOPIC = 'arn:aws:sns:us-east-1:111122223333:messages';
const CARLOS = 'arn:aws:iam::111122223333:user/carlossalazar';
const ALLOW = { Effect: 'Allow', Action: 'sns:Publish', Resource: TOPIC };
const REQUEST: IamRequest = { principal: CARLOS, action: 'sns:Publish', resource: TOPIC };

const identity = (...Statement: object[]) => [{ Version, Statement }];
const decide = (statement: object, request: Partial<IamRequest> = {}) =>
  evaluateIam({ ...REQUEST, ...request }, { identity: identity(statement) });
const isAllowed = (statement: object, request: Partial<IamRequest> = {}) =>
  decide({ ...ALLOW, ...statement }, request) === 'allowed';

/**
 * AWS's own example:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
 */
describe('the example of Carlos', () => {
  const BUCKET = 'arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar';
  const own = { Effect: 'Allow', Action: 's3:*', Resource: [`${BUCKET}/*`, BUCKET] };
  const policies = {
    identity: identity(
      {
        Effect: 'Allow',
        Action: ['s3:GetBucketLocation', 's3:ListAllMyBuckets'],
        Resource: 'arn:aws:s3:::*',
      },
      { Sid: 'DenyLogs', Effect: 'Deny', Action: 's3:*', Resource: 'arn:aws:s3:::*log*' },
    ),
    resource: identity({ ...own, Principal: { AWS: CARLOS } }),
  };

  it.each([
    [
      'what one of the policies allows is allowed',
      CARLOS,
      's3:PutObject',
      `${BUCKET}/photo`,
      'allowed',
    ],
    ['also if it is the other one', CARLOS, 's3:ListAllMyBuckets', 'arn:aws:s3:::any', 'allowed'],
    [
      'a deny of the one overrides an allow of the other',
      CARLOS,
      's3:PutObject',
      `${BUCKET}/logs`,
      'denied explicitly',
    ],
    [
      'what none allows is denied',
      CARLOS,
      's3:PutObject',
      'arn:aws:s3:::other/photo',
      'denied implicitly',
    ],
    [
      'a resource’s policy is about those it names',
      `${CARLOS}2`,
      's3:PutObject',
      `${BUCKET}/photo`,
      'denied implicitly',
    ],
  ])('%s', (_, principal, action, resource, decision) => {
    expect(evaluateIam({ principal, action, resource }, policies)).toBe(decision);
  });
});

it('nothing is allowed without a policy', () => {
  expect(evaluateIam(REQUEST, {})).toBe('denied implicitly');
  expect(decide(ALLOW)).toBe('allowed');
});

it.each([
  ['sns:publish', true],
  ['SNS:Pub*', true],
  ['sns:Publis?', true],
  ['*', true],
  ['sns:Publi?', false],
  ['sns:Publish?', false],
  ['sns:PublishBatch', false],
  ['sqs:*', false],
])('the action %s matches: %j', (Action, expected) => {
  expect(isAllowed({ Action })).toBe(expected);
  expect(isAllowed({ Action: ['sqs:SendMessage', Action] })).toBe(expected);
});

it.each([
  ['*', true],
  ['arn:aws:sns:*:*:*', true],
  ['arn:aws:sns:us-east-?:111122223333:mess*', true],
  ['arn:aws:sns:us-east-1:111122223333:MESSAGES', false],
  [`${TOPIC}-other`, false],
  ['arn:aws:sns:*:messages:x', false],
  ['arn:aws:sns:us-east-1:1111*:other', false],
  ['arn:aws:sns:us.east-1:111122223333:messages', false],
])('the resource %s matches: %j', (Resource, expected) => {
  expect(isAllowed({ Resource })).toBe(expected);
  expect(isAllowed({ Resource: ['arn:aws:sqs:a:1:q', Resource] })).toBe(expected);
});

it('a wildcard in a resource’s name also matches colons', () => {
  const stream = 'arn:aws:logs:r:1:log-group:/aws/lambda/f:log-stream:2026/01/01/[$LATEST]0';
  const Resource = 'arn:aws:logs:r:1:log-group:/aws/lambda/f:*';
  expect(isAllowed({ Resource }, { resource: stream })).toBe(true);
  expect(isAllowed({ Resource }, { resource: stream.replace('/f:', '/g:') })).toBe(false);
});

it.each([
  [{ StringEquals: { 'aws:SourceAccount': ['1', '2'] } }, { 'aws:SourceAccount': '2' }, true],
  [{ StringEquals: { 'aws:SourceAccount': '1*' } }, { 'aws:SourceAccount': '11' }, false],
  [{ StringLike: { 'kms:ViaService': 'sns.*' } }, { 'kms:ViaService': 'sns.us-east-1' }, true],
  [{ StringLike: { 'kms:ViaService': 'sns.*' } }, { 'kms:ViaService': 'sqs.us-east-1' }, false],
  [{ ArnEquals: { 'aws:SourceArn': 'arn:aws:sns:*:*:m*' } }, { 'aws:SourceArn': TOPIC }, true],
  [{ ArnEquals: { 'aws:SourceArn': 'arn:aws:sns:*:*:x*' } }, { 'aws:SourceArn': TOPIC }, false],
  [{ Bool: { 'aws:SecureTransport': 'true' } }, { 'aws:SecureTransport': 'true' }, true],
  [{ Bool: { 'aws:SecureTransport': 'true' } }, { 'aws:SecureTransport': 'false' }, false],
  [{ Bool: { 'aws:SecureTransport': 'true' } }, {}, false],
  [{ Bool: { a: 'true' }, StringEquals: { b: '1' } }, { a: 'true', b: '1' }, true],
  [{ Bool: { a: 'true' }, StringEquals: { b: '1' } }, { a: 'true', b: '2' }, false],
  [{ StringEquals: { a: '1', b: '1' } }, { a: '1', b: '2' }, false],
])('the condition %j holds for %j: %j', (Condition, context, expected) => {
  expect(isAllowed({ Condition }, { context })).toBe(expected);
});

it.each([
  ['*', true],
  [{ AWS: CARLOS }, true],
  [{ AWS: [`${CARLOS}2`, CARLOS] }, true],
  [{ AWS: `${CARLOS}2` }, false],
  [{ Service: 'sns.amazonaws.com' }, false],
])('the principal %j matches: %j', (Principal, expected) => {
  const resource = identity({ ...ALLOW, Principal });
  expect(evaluateIam(REQUEST, { resource })).toBe(expected ? 'allowed' : 'denied implicitly');
});

describe('an unsupported policy', () => {
  it.each([
    ['another version', { Version: '2008-10-17', Statement: ALLOW }],
    ['an element of the policy', { Version, Statement: ALLOW, Other: 1 }],
    ['no statement', { Version }],
    ['no object', 'a policy'],
  ])('is an error: %s', (_, policy) => {
    expect(() => evaluateIam(REQUEST, { identity: [policy] })).toThrow(/does not know|lacks/);
  });

  it.each([
    ['NotAction', { NotAction: 'sns:Subscribe' }],
    ['NotResource', { NotResource: TOPIC }],
    ['a principal of an identity’s policy', { Principal: '*' }],
    ['an effect', { Effect: 'allow' }],
    ['no effect', { Effect: undefined }],
    ['an action without a service', { Action: 'Publish' }],
    ['a wildcard for a service', { Action: '*:Publish' }],
    ['no action', { Action: [] }],
    ['an ARN of fewer parts', { Resource: 'arn:aws:sns:*' }],
    ['a variable', { Resource: `${TOPIC}-\${aws:username}` }],
    ['an operator', { Condition: { StringEqualsIfExists: { 'aws:SourceAccount': '1' } } }],
    ['a set operator', { Condition: { 'ForAllValues:StringEquals': { a: '1' } } }],
    ['a variable in a condition', { Condition: { StringEquals: { a: '${aws:username}' } } }],
    ['a value that is no text', { Condition: { Bool: { 'aws:SecureTransport': true } } }],
  ])('is an error for any request: %s', (_, statement) => {
    const asked = { action: 'sqs:SendMessage', resource: 'arn:aws:sqs:a:1:q' };
    expect(decide(ALLOW, asked)).toBe('denied implicitly');
    expect(() => decide({ ...ALLOW, ...statement }, asked)).toThrow(/does not know/);
  });

  it.each([
    ['a principal', { Federated: 'cognito-identity.amazonaws.com' }],
    ['an account', { AWS: 'arn:aws:iam::111122223333:root' }],
    ['anybody of an account', { AWS: '111122223333' }],
    ['a part of a name', { AWS: '*' }],
  ])('is an error in a resource’s policy: %s', (_, Principal) => {
    const resource = identity({ ...ALLOW, Principal });
    expect(() => evaluateIam(REQUEST, { resource })).toThrow(/does not know/);
  });

  it('is an error in a resource’s policy: nobody', () => {
    expect(() => evaluateIam(REQUEST, { resource: identity(ALLOW) })).toThrow(
      'lacks the element Principal',
    );
  });
});
