/** @import { Template } from '../types.d.ts' */

/**
 * Removes each `DependsOn` that a reference implies. serverless writes some, and cfn-lint warns about them
 * (W3005).
 *
 * @param {Pick<Template, 'Resources'>} template Is changed.
 */
export function dropImpliedDependencies({ Resources }) {
  for (const resource of Object.values(Resources)) {
    if (!resource.DependsOn) continue;
    const { DependsOn, ...rest } = resource;
    const implied = referencesIn(rest);
    const needed = [DependsOn].flat().filter((id) => !implied.has(id));
    if (needed.length > 0) resource.DependsOn = needed;
    else delete resource.DependsOn;
  }
}

/** The resources that an expression refers to. @param {unknown} value @returns {Set<string>} */
function referencesIn(value) {
  const found = new Set();
  JSON.stringify(value, (key, argument) => {
    const [text] = [argument].flat();
    if (key === 'Ref') found.add(text);
    if (key === 'Fn::GetAtt') found.add(text.split('.')[0]);
    if (key === 'Fn::Sub') {
      for (const [, id] of text.matchAll(/\$\{([A-Za-z0-9]+)/g)) found.add(id);
    }
    return argument;
  });
  return found;
}

/** @typedef {{ max: number, characters: RegExp }} Limit A name's longest length and its characters. */

/**
 * AWS's limits for the template's names, by the resource's type and property.
 *
 * @type {Readonly<Record<string, Limit>>}
 */
export const NAMES = {
  // https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
  'AWS::Lambda::Function FunctionName': { max: 64, characters: /^[\w-]+$/ },
  // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
  'AWS::Logs::LogGroup LogGroupName': { max: 512, characters: /^[.\-_/#A-Za-z0-9]+$/ },
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  'AWS::CloudWatch::Alarm AlarmName': { max: 255, characters: /^[ -~]+$/ },
  'AWS::CloudWatch::Alarm MetricName': { max: 255, characters: /^[ -~]+$/ },
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
  'AWS::CloudWatch::Dashboard DashboardName': { max: 255, characters: /^[\w-]+$/ },
  // https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
  'AWS::SNS::Topic DisplayName': { max: 100, characters: /^[ -~]+$/ },
  'AWS::SNS::Topic TopicName': { max: 256, characters: /^[\w-]+(\.fifo)?$/ },
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
  'AWS::SQS::Queue QueueName': { max: 80, characters: /^[\w-]+(\.fifo)?$/ },
  // https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html
  'AWS::ApiGatewayV2::Api Name': { max: 128, characters: /^[ -~]+$/ },
  // https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html
  'AWS::ApiGatewayV2::Stage StageName': { max: 128, characters: /^(\$default|[\w-]+)$/ },
  // https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames.html
  'AWS::ApiGatewayV2::DomainName DomainName': { max: 512, characters: /^[a-z0-9.-]+$/ },
  // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
  'AWS::Route53::RecordSet Name': { max: 255, characters: /^[a-z0-9.-]+$/ },
};

const QUEUE = 'AWS::SQS::Queue';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html */
const STACK = { max: 128, characters: /^[A-Za-z][A-Za-z0-9-]*$/ };

/**
 * @param {Template} template As it is deployed.
 * @param {{ stackName: string, stage: string }} deployment
 * @throws {Error} If AWS would refuse a name. Says how long the stage's name may be.
 */
export function checkNames({ Resources }, { stackName, stage }) {
  const stack = { what: 'stack', name: stackName, limit: STACK };
  const names = [stack];
  for (const { Type, Properties } of Object.values(Resources)) {
    for (const [property, value] of Object.entries(Properties ?? {})) {
      const limit = NAMES[`${Type} ${property}`];
      if (!limit) continue;
      const text = typeof value === 'string' ? value : value['Fn::Sub'];
      // A name that refers to another resource is unknown.
      const name = text?.replaceAll('${AWS::StackName}', stackName);
      if (name !== undefined) names.push({ what: Type, name, limit });
    }
  }
  // The stage is part of each name, so a shorter stage shortens a name that is too long.
  const excesses = names.map(({ name, limit }) => name.length - limit.max);
  const excess = Math.max(...excesses);
  const { what, name, limit } = names[excesses.indexOf(excess)] ?? stack;
  const room = stage.length - excess;
  if (excess > 0) {
    throw new Error(
      `The stage ${stage} is too long: the ${what} ${name} would have ${name.length} characters, and AWS takes ${limit.max}. ${
        room > 0
          ? `A stage may have ${room} characters${what === QUEUE ? ', or more with a shorter name of the subscriber' : ''}`
          : 'The name of the service is too long for any stage: shorten it'
      }`,
    );
  }
  const wrong = names.find(({ name, limit }) => !limit.characters.test(name));
  if (wrong) {
    throw new Error(
      `AWS does not take ${wrong.name} as the name of ${wrong.what}: change the stage, or the name of the service`,
    );
  }
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
export const LIMITS = /** @type {const} */ ({ Resources: 500, Outputs: 200 });

/**
 * @param {Template} template As it is deployed.
 * @throws {Error} If CloudFormation refuses a template of this size. Says what a subscriber adds.
 */
export function checkSize(template) {
  for (const [section, max] of /** @type {[keyof typeof LIMITS, number][]} */ (
    Object.entries(LIMITS)
  )) {
    const count = Object.keys(template[section] ?? {}).length;
    if (count <= max) continue;
    throw new Error(
      `settings.yml has too many subscribers: the stack would have ${count} ${section.toLowerCase()}, and CloudFormation takes ${max}. ${ADDED[section]}. Let one endpoint take the messages of several`,
    );
  }
}

/** What a subscriber adds: infra/subscribers.js and infra/alarms.js. */
const ADDED = {
  Resources: 'Each subscriber adds 7, one of the kind email 10, and one of the kind queue 6',
  Outputs: 'Each subscriber adds 1, and one of the kind queue 4',
};
