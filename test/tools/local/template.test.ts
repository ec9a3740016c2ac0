// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how Fn::Sub is written.
import { describe, expect, test } from 'vitest';
import type { Value } from '../../../tools/local/intrinsics.ts';
import { Template, type TemplateDocument } from '../../../tools/local/template.ts';

const DOCUMENT: TemplateDocument = {
  Parameters: { Format: { Default: 'json' }, NoDefault: {} },
  Conditions: {
    IsJson: { 'Fn::Equals': [{ Ref: 'Format' }, 'json'] },
    IsXml: { 'Fn::Equals': [{ Ref: 'Format' }, 'xml'] },
    IsEither: { 'Fn::Or': [{ Condition: 'IsJson' }, { Condition: 'IsXml' }] },
    IsBoth: { 'Fn::And': [{ Condition: 'IsJson' }, { Condition: 'IsXml' }] },
    IsNotXml: { 'Fn::Not': [{ Condition: 'IsXml' }] },
  },
  Resources: {
    Table: { Type: 'AWS::DynamoDB::Table', Properties: { BillingMode: { Ref: 'Format' } } },
    Named: {
      Type: 'AWS::DynamoDB::Table',
      Properties: { TableName: { 'Fn::Sub': '${Format}-t' } },
    },
    Absent: { Type: 'AWS::DynamoDB::Table', Condition: 'IsXml' },
    Topic: { Type: 'AWS::SNS::Topic' },
    Fifo: { Type: 'AWS::SNS::Topic', Properties: { FifoTopic: true } },
    Function: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'receive' } },
    Role: { Type: 'AWS::IAM::Role' },
    Bucket: { Type: 'AWS::S3::Bucket' },
  },
  Outputs: { TopicArn: { Value: { Ref: 'Topic' } } },
};

const template = new Template(DOCUMENT, 'stack');
const TABLE_ARN = 'arn:aws:dynamodb:ap-southeast-2:000000000000:table/stack-Table';
const TOPIC_ARN = 'arn:aws:sns:ap-southeast-2:000000000000:stack-Topic';

describe('an expression', () => {
  test.each<[string, Value, Value]>([
    ['a plain value', { a: [1, true, null, 'x'] }, { a: [1, true, null, 'x'] }],
    ['Ref to a parameter', { Ref: 'Format' }, 'json'],
    ['Ref to a table', { Ref: 'Table' }, 'stack-Table'],
    ['Ref to a table with a name', { Ref: 'Named' }, 'json-t'],
    ['Ref to a topic', { Ref: 'Topic' }, TOPIC_ARN],
    ['Ref to a FIFO topic', { Ref: 'Fifo' }, `${TOPIC_ARN.replace('Topic', 'Fifo')}.fifo`],
    ['Ref to a function', { Ref: 'Function' }, 'receive'],
    ['Ref to AWS::Region', { Ref: 'AWS::Region' }, 'ap-southeast-2'],
    ['Ref to AWS::AccountId', { Ref: 'AWS::AccountId' }, '000000000000'],
    ['Ref to AWS::Partition', { Ref: 'AWS::Partition' }, 'aws'],
    ['Ref to AWS::StackName', { Ref: 'AWS::StackName' }, 'stack'],
    ['Ref to AWS::URLSuffix', { Ref: 'AWS::URLSuffix' }, 'amazonaws.com'],
    ['AWS::NoValue in an object', { a: 1, b: { Ref: 'AWS::NoValue' } }, { a: 1 }],
    ['AWS::NoValue in a list', [1, { Ref: 'AWS::NoValue' }], [1]],
    ['Fn::GetAtt', { 'Fn::GetAtt': ['Table', 'Arn'] }, TABLE_ARN],
    ['Fn::GetAtt with a dot', { 'Fn::GetAtt': 'Table.Arn' }, TABLE_ARN],
    ['Fn::GetAtt of a topic', { 'Fn::GetAtt': ['Topic', 'TopicName'] }, 'stack-Topic'],
    [
      'Fn::GetAtt of a role',
      { 'Fn::GetAtt': ['Role', 'Arn'] },
      'arn:aws:iam::000000000000:role/stack-Role',
    ],
    [
      'Fn::Sub',
      { 'Fn::Sub': '${Table.Arn}/index/${Format} ${AWS::Region}' },
      `${TABLE_ARN}/index/json ap-southeast-2`,
    ],
    [
      'Fn::Sub with variables',
      { 'Fn::Sub': ['${a}-${Format}', { a: { Ref: 'Table' } }] },
      'stack-Table-json',
    ],
    ['Fn::Sub with a literal', { 'Fn::Sub': '${!Literal} $x' }, '${Literal} $x'],
    ['Fn::Join', { 'Fn::Join': ['/', ['a', { Ref: 'Format' }]] }, 'a/json'],
    ['Fn::Split', { 'Fn::Split': [',', 'a,b'] }, ['a', 'b']],
    ['Fn::Select', { 'Fn::Select': [1, ['a', 'b']] }, 'b'],
    [
      'Fn::Select of Fn::Split',
      { 'Fn::Select': ['5', { 'Fn::Split': [':', { Ref: 'Topic' }] }] },
      'stack-Topic',
    ],
    ['Fn::If', { 'Fn::If': ['IsJson', { Ref: 'Table' }, 'no'] }, 'stack-Table'],
    ['Fn::If, false', { 'Fn::If': ['IsXml', { 'Fn::Unknown': 1 }, 'no'] }, 'no'],
    ['Fn::If with AWS::NoValue', { a: { 'Fn::If': ['IsXml', 1, { Ref: 'AWS::NoValue' }] } }, {}],
    ['Fn::Or', { 'Fn::If': ['IsEither', 1, 2] }, 1],
    ['Fn::And', { 'Fn::If': ['IsBoth', 1, 2] }, 2],
    ['Fn::Not', { 'Fn::If': ['IsNotXml', 1, 2] }, 1],
    [
      'a property that only looks like a function',
      { 'Fn::Join': 1, other: 2 },
      { 'Fn::Join': 1, other: 2 },
    ],
  ])('%s', (_, expression, expected) => {
    expect(template.resolve(expression)).toEqual(expected);
  });

  test.each<[Value, string]>([
    [{ 'Fn::ImportValue': 'x' }, 'The local stack does not know the function Fn::ImportValue'],
    [{ Ref: 'Nothing' }, 'The template has no resource or parameter Nothing'],
    [{ Ref: 'NoDefault' }, 'The parameter NoDefault has no default'],
    [
      { 'Fn::GetAtt': ['Bucket', 'Arn'] },
      'does not know Fn::GetAtt Bucket.Arn of an AWS::S3::Bucket',
    ],
    [{ 'Fn::GetAtt': ['Table', 'StreamArn'] }, 'does not know Fn::GetAtt Table.StreamArn'],
    [{ 'Fn::GetAtt': ['Nothing', 'Arn'] }, 'The template has no resource or parameter Nothing'],
    [{ 'Fn::Sub': '${Nothing}' }, 'The template has no resource or parameter Nothing'],
    [{ 'Fn::If': ['Nothing', 1, 2] }, 'The template has no condition Nothing'],
    [{ 'Fn::Select': [2, ['a', 'b']] }, 'Fn::Select has no entry 2'],
    [{ 'Fn::Join': ['a'] }, 'Two arguments are needed, not ["a"]'],
    [{ 'Fn::Join': ['/', [{ a: 1 }]] }, 'Not a text: {"a":1}'],
    [{ 'Fn::Split': [',', ['a']] }, 'Not a text: ["a"]'],
    [{ 'Fn::Not': ['yes'] }, 'Not a condition: "yes"'],
  ])('%j is an error', (expression, message) => {
    expect(() => template.resolve(expression)).toThrow(message);
  });
});

describe('the resources of a type', () => {
  test('leave out those whose condition is false', () => {
    const ids = template.resourcesOf('AWS::DynamoDB::Table').map(({ logicalId }) => logicalId);
    expect(ids).toEqual(['Table', 'Named']);
  });

  test('have resolved properties', () => {
    const [table] = template.resourcesOf('AWS::DynamoDB::Table');
    expect(table?.get('BillingMode')).toBe('json');
    expect(table?.get('TableName')).toBeUndefined();
  });
});

test('an output has its value', () => {
  expect(template.output('TopicArn')).toBe(TOPIC_ARN);
  expect(() => template.output('Nothing')).toThrow('The template has no output Nothing');
});
