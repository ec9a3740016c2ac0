/**
 * AWS's limits for the names that the template gives, by the resource's type and property: how long a
 * name may be, and what it may hold.
 *
 * @type {Readonly<Record<string, { max: number, characters: RegExp }>>}
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
  // https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html
  'AWS::ApiGatewayV2::Api Name': { max: 128, characters: /^[ -~]+$/ },
  // https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html
  'AWS::ApiGatewayV2::Stage StageName': { max: 128, characters: /^(\$default|[\w-]+)$/ },
  // https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames.html
  'AWS::ApiGatewayV2::DomainName DomainName': { max: 512, characters: /^[a-z0-9.-]+$/ },
  // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
  'AWS::Route53::RecordSet Name': { max: 255, characters: /^[a-z0-9.-]+$/ },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html */
const STACK = { max: 128, characters: /^[A-Za-z][A-Za-z0-9-]*$/ };

/** A property that is a name. A resource without one gets a name of CloudFormation's, which fits. */
export const NAMING = /^(Name|\w+Name)$/;

/**
 * @param {{ Resources: Record<string, any> }} template As it is deployed.
 * @param {{ stackName: string, stage: string }} deployment
 * @throws {Error} If AWS would refuse a name. Says how long a stage may be.
 */
export function checkNames({ Resources }, { stackName, stage }) {
  const names = [{ what: 'stack', name: stackName, limit: STACK }];
  for (const { Type, Properties } of Object.values(Resources)) {
    for (const [property, value] of Object.entries(Properties ?? {})) {
      const name = NAMING.test(property) ? textOf(value, stackName) : undefined;
      const limit = NAMES[`${Type} ${property}`];
      if (name === undefined || !limit) continue;
      names.push({ what: Type, name, limit });
    }
  }
  refuseTooLong(names, stage);
  for (const { what, name, limit } of names) {
    if (limit.characters.test(name)) continue;
    throw new Error(
      `AWS takes no ${what} of the name ${name}: change the stage, or the service's name`,
    );
  }
}

/** Those that are too long are so by the stage, which is a part of each. */
function refuseTooLong(names, stage) {
  const excess = ({ name, limit }) => name.length - limit.max;
  const [worst] = names.toSorted((a, b) => excess(b) - excess(a));
  if (excess(worst) <= 0) return;
  const { what, name, limit } = worst;
  const room = stage.length - excess(worst);
  throw new Error(
    `The stage ${stage} is too long: the ${what} ${name} would have ${name.length} characters, and AWS takes ${limit.max}. ${
      room > 0
        ? `A stage may have ${room} characters`
        : `The service's name is too long for any stage`
    }`,
  );
}

/** A name as it will be; undefined if it is another resource's. */
function textOf(value, stackName) {
  if (typeof value === 'string') return value;
  return value?.['Fn::Sub']?.replaceAll('${AWS::StackName}', stackName);
}
