import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ACCOUNT_ID, REGION } from './aws.ts';
import {
  holds,
  NO_VALUE,
  type Properties,
  type Resolved,
  resolve,
  type Scope,
  type Value,
} from './intrinsics.ts';
import { StartError } from './settings.ts';

/** A compiled CloudFormation template, as `serverless package` writes it. */
export interface TemplateDocument {
  readonly Parameters?: Record<string, { Default?: Value }>;
  readonly Conditions?: Record<string, Value>;
  readonly Resources: Record<string, TemplateResource>;
  readonly Outputs?: Record<string, { Value: Value }>;
}

interface TemplateResource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties?: Properties;
}

/** A resource of the stack. */
export interface Resource {
  readonly logicalId: string;
  /**
   * A property's value. It is resolved only when asked for, because others may need values that only AWS
   * knows.
   */
  get(property: string): Value | undefined;
}

/** The property that names a resource of each type, and the service in its ARN. */
const NAMES: Record<string, { property: string; service: string; prefix?: string }> = {
  'AWS::DynamoDB::Table': { property: 'TableName', service: 'dynamodb', prefix: 'table/' },
  'AWS::Events::Rule': { property: 'Name', service: 'events', prefix: 'rule/' },
  'AWS::IAM::Role': { property: 'RoleName', service: 'iam', prefix: 'role/' },
  'AWS::Lambda::Function': { property: 'FunctionName', service: 'lambda', prefix: 'function:' },
  'AWS::SNS::Topic': { property: 'TopicName', service: 'sns' },
  'AWS::SQS::Queue': { property: 'QueueName', service: 'sqs' },
};

/** Types whose `Ref` is the ARN instead of the name. */
const REF_IS_ARN = new Set(['AWS::SNS::Topic']);
/** Types whose `Ref` only the emulator knows, after the resource is created: see {@link Template.created}. */
const REF_IS_GIVEN = new Set(['AWS::SQS::Queue', 'AWS::SNS::Subscription']);

/**
 * Answers from a template what CloudFormation would: the resources, their names, and the value of any
 * expression. It throws for anything unknown and never guesses, because a test of a function with a wrong
 * environment would prove nothing.
 */
export class Template {
  readonly stackName: string;
  readonly #document: TemplateDocument;
  readonly #pseudoParameters: Record<string, Resolved>;
  readonly #given = new Map<string, string>();
  readonly #scope: Scope = {
    ref: (name) => this.#ref(name),
    attribute: (logicalId, attribute) => this.attribute(logicalId, attribute),
    condition: (name) => this.#condition(name),
  };

  constructor(document: TemplateDocument, stackName: string) {
    this.#document = document;
    this.stackName = stackName;
    this.#pseudoParameters = {
      'AWS::AccountId': ACCOUNT_ID,
      'AWS::NoValue': NO_VALUE,
      'AWS::NotificationARNs': [],
      'AWS::Partition': 'aws',
      'AWS::Region': REGION,
      'AWS::StackId': arn('cloudformation', `stack/${stackName}/local`),
      'AWS::StackName': stackName,
      'AWS::URLSuffix': 'amazonaws.com',
    };
  }

  /** The resources of one type. Leaves out those whose condition is false. */
  resourcesOf(type: string): Resource[] {
    return Object.entries(this.#document.Resources)
      .filter(
        ([, { Type, Condition }]) => Type === type && (!Condition || this.#condition(Condition)),
      )
      .map(([logicalId, { Properties = {} }]) => ({
        logicalId,
        get: (property) => this.#property(Properties, property),
      }));
  }

  /** Stores the `Ref` of a resource that an emulator has created: a queue's URL, or a subscription's ARN. */
  created(logicalId: string, ref: string): void {
    this.#given.set(logicalId, ref);
  }

  /** A resource's `Ref`: its name, URL or ARN. */
  ref(logicalId: string): string {
    const { Type } = this.#resource(logicalId);
    if (REF_IS_GIVEN.has(Type)) {
      const given = this.#given.get(logicalId);
      if (given === undefined) throw new Error(`The ${Type} ${logicalId} is not created yet`);
      return given;
    }
    return REF_IS_ARN.has(Type) ? this.#arnOf(logicalId) : this.#nameOf(logicalId);
  }

  /** A resource's attribute, as `Fn::GetAtt` returns it. */
  attribute(logicalId: string, attribute: string): string {
    const { Type } = this.#resource(logicalId);
    const naming = NAMES[Type];
    if (naming && attribute === naming.property) return this.#nameOf(logicalId);
    const arnAttribute = Type === 'AWS::SNS::Topic' ? 'TopicArn' : 'Arn';
    if (naming && attribute === arnAttribute) return this.#arnOf(logicalId);
    throw new Error(
      `The local stack does not know Fn::GetAtt ${logicalId}.${attribute} of an ${Type}`,
    );
  }

  get outputNames(): string[] {
    return Object.keys(this.#document.Outputs ?? {});
  }

  /** The value of an output. */
  output(name: string): string {
    const output = this.#document.Outputs?.[name];
    if (!output) throw new Error(`The template has no output ${name}`);
    return String(this.resolve(output.Value));
  }

  /** The value of any expression. */
  resolve(value: Value): Resolved {
    return resolve(value, this.#scope);
  }

  #ref(name: string): Resolved {
    const pseudo = this.#pseudoParameters[name];
    if (pseudo !== undefined) return pseudo;
    const parameter = this.#document.Parameters?.[name];
    if (!parameter) return this.ref(name);
    if (parameter.Default === undefined) throw new Error(`The parameter ${name} has no default`);
    return parameter.Default;
  }

  #condition(name: string): boolean {
    const condition = this.#document.Conditions?.[name];
    if (condition === undefined) throw new Error(`The template has no condition ${name}`);
    return holds(condition, this.#scope);
  }

  #resource(logicalId: string): TemplateResource {
    const resource = this.#document.Resources[logicalId];
    if (!resource) throw new Error(`The template has no resource or parameter ${logicalId}`);
    return resource;
  }

  /** The template's name of a resource, or a generated one that is the same at every start. */
  #nameOf(logicalId: string): string {
    const { Type, Properties = {} } = this.#resource(logicalId);
    const given = this.#property(Properties, NAMES[Type]?.property ?? '');
    if (given !== undefined) return String(given);
    const isFifo = this.#property(Properties, 'FifoTopic') === true;
    return `${this.stackName}-${logicalId}${isFifo ? '.fifo' : ''}`;
  }

  #property(properties: Properties, name: string): Value | undefined {
    const value = this.resolve(properties[name] ?? null);
    return value === NO_VALUE || value === null ? undefined : value;
  }

  #arnOf(logicalId: string): string {
    const naming = NAMES[this.#resource(logicalId).Type];
    if (!naming) throw new Error(`The local stack does not know the ARN of ${logicalId}`);
    return arn(naming.service, `${naming.prefix ?? ''}${this.#nameOf(logicalId)}`);
  }
}

function arn(service: string, resource: string): string {
  const region = service === 'iam' ? '' : REGION;
  return `arn:aws:${service}:${region}:${ACCOUNT_ID}:${resource}`;
}

/** @throws {StartError} If there is no package. */
export async function readTemplate(packageDir: string, stackName: string): Promise<Template> {
  const file = join(packageDir, 'cloudformation-template-update-stack.json');
  const document = await readFile(file, 'utf8').catch((error: Error) => {
    throw new StartError(`There is no package in ${packageDir}: ${error.message}`);
  });
  return new Template(JSON.parse(document), stackName);
}
