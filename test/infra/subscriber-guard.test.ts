import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  guardSubscribers,
  lostSubscribers,
  refuseOtherNames,
  refuseToLose,
  waitingFor,
  whatIsRemoved,
} from '../../infra/plugin/subscriber-guard.js';
import { clientOf, REGION } from '../../tools/local/aws.ts';
import { hangUp, listen } from '../../tools/local/listen.ts';

const STACK = 'inbound-sms-prod';

/** A request to SQS. */
interface Asked {
  readonly QueueUrl: string;
  readonly AttributeNames: readonly string[];
}

describe('what a deploy would delete', () => {
  const deployed = (name: string, suffix = '') => ({
    ...{ name, kind: 'queue' as const, deadLetters: 'd', subscription: 's' },
    queue: `https://sqs.example/1/${STACK}-to-${name}${suffix}`,
  });
  const template = (...queues: [id: string, isFifo: boolean][]) => ({
    Resources: Object.fromEntries(
      queues.map(([id, isFifo]) => [
        `Subscriber${id}Queue`,
        { Type: 'AWS::SQS::Queue', Properties: isFifo ? { FifoQueue: true } : {} },
      ]),
    ),
  });

  it.each([
    ['a subscriber that stays', [deployed('crm')], template(['Crm', false]), []],
    ['one that is new', [], template(['Crm', false]), []],
    ['one that goes', [deployed('my-crm')], template(['Crm', false]), ['my-crm']],
    ['one whose queue becomes FIFO', [deployed('crm')], template(['Crm', true]), ['crm']],
    ['one whose queue was FIFO', [deployed('crm', '.fifo')], template(['Crm', false]), ['crm']],
    ['one whose queue stays FIFO', [deployed('crm', '.fifo')], template(['Crm', true]), []],
  ])('%s', (_, before, next, expected) => {
    expect(lostSubscribers(before, next).map(({ name }) => name)).toEqual(expected);
  });

  /** The text about a subscriber's queues if SQS gives this answer. Their URLs have another host. */
  async function waiting(status: number, answer: (input: Asked) => object): Promise<string> {
    const server = createServer(async (request, response) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(answer(JSON.parse(await text(request)))));
    });
    const endpoint = `http://localhost:${await listen(server)}`;
    onTestFinished(() => hangUp(server));
    return waitingFor(
      { queue: 'https://sqs.example/1/crm', deadLetters: 'https://sqs.example/1/crm-dead' },
      { getAwsSdkV3Config: async () => clientOf(endpoint) },
    );
  }

  it('is reported once if its queue is unreadable', async () => {
    const answer = { __type: 'QueueDoesNotExist', message: 'The specified queue does not exist.' };
    expect(await waiting(400, () => answer)).toBe(
      'how many messages wait is not known: The specified queue does not exist',
    );
  });

  it('counts waiting, in-flight and delayed messages', async () => {
    const counts = {
      crm: { Messages: '3', MessagesNotVisible: '20', MessagesDelayed: '100' },
      'crm-dead': { Messages: '1', MessagesNotVisible: '0', MessagesDelayed: '0' },
    };
    const answer = ({ QueueUrl, AttributeNames }: Asked) => {
      const all = Object.entries(QueueUrl.endsWith('/crm') ? counts.crm : counts['crm-dead']);
      const named = all.map(([name, count]) => [`ApproximateNumberOf${name}`, count]);
      return {
        Attributes: Object.fromEntries(
          named.filter(([name = '']) => AttributeNames.includes(name)),
        ),
      };
    };
    expect(await waiting(200, answer)).toBe(
      'about 123 messages in its queue, 1 message in its dead-letter queue',
    );
  });

  it('is reported, with what waits there and the ways to go on', () => {
    const losses = [
      { name: 'crm', isReplaced: false, waiting: 'about 2 messages in its queue' },
      { name: 'jobs', isReplaced: true, waiting: 'how many is not known' },
    ];
    const refusal = (hasSettings: boolean) => () =>
      refuseToLose(losses, { what: 'deploy', hasSettings });
    expect(refusal(true)).toThrow('- crm: is removed; about 2 messages in its queue.\n');
    expect(refusal(true)).toThrow('- jobs: gets a new queue, since topicType changes; how many');
    expect(refusal(true)).toThrow('add --remove-subscribers crm,jobs.');
    expect(refusal(true)).not.toThrow('There is no settings.yml here');
    expect(refusal(false)).toThrow('There is no settings.yml here');
  });

  it('does not blame a missing settings.yml for a rollback, or if only the queues are new', () => {
    const [removed, replaced] = [false, true].map((isReplaced) => {
      return { name: 'crm', isReplaced, waiting: 'how many is not known' };
    });
    const refuse = (loss: typeof removed, what: 'deploy' | 'rollback') => () =>
      refuseToLose(loss ? [loss] : [], { what, hasSettings: false });
    expect(refuse(removed, 'deploy')).toThrow('There is no settings.yml here');
    expect(refuse(removed, 'rollback')).not.toThrow('There is no settings.yml here');
    expect(refuse(removed, 'rollback')).toThrow('This rollback would delete');
    expect(refuse(replaced, 'deploy')).not.toThrow('There is no settings.yml here');
    expect(refuse(replaced, 'deploy')).toThrow('This deploy would delete');
  });

  it.each([
    ['a name that is removed', ['crm'], 'accepted'],
    ['a misspelt name', ['cmr'], 'Did you mean crm? It removes: crm.'],
    ['a name that stays', ['crm', 'jobs'], 'names jobs, and this deploy does not remove it.'],
  ])('must match the option’s names: %s', (_, named, expected) => {
    const [crm, jobs] = [deployed('crm'), deployed('jobs')];
    let said = 'accepted';
    try {
      refuseOtherNames(named, { deployed: [crm, jobs], lost: [crm], what: 'deploy' });
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toContain(expected);
  });

  it('says after a rollback that a kept name is in that deployment', () => {
    const about = { deployed: [deployed('jobs')], lost: [], what: 'rollback' } as const;
    expect(() => refuseOtherNames(['jobs'], about)).toThrow(
      'this rollback does not remove it. That deployment has it. Leave it out of the option.',
    );
  });

  it('is reported afterwards, with each secret that nothing reads any more', () => {
    const lost = [
      { ...deployed('crm'), secret: 'CRM_SECRET', isReplaced: false },
      { ...deployed('chat'), secret: 'SLACK_URL', isReplaced: false },
      { ...deployed('jobs'), isReplaced: true },
    ];
    const sales = JSON.stringify({ name: 'sales', kind: 'https', secret: 'CRM_SECRET' });
    const next = { Resources: {}, Outputs: { SubscriberSales: { Value: { 'Fn::Sub': sales } } } };
    const placeOf = (secret: string) => ({ parameter: `/s/prod/${secret}`, region: 'eu-west-1' });
    expect(whatIsRemoved(lost, next, placeOf)).toEqual([
      'Removed, with the messages in their queues: chat, crm.',
      'The secret SLACK_URL stays in Parameter Store. To delete it: aws ssm delete-parameter --region eu-west-1 --name /s/prod/SLACK_URL',
    ]);
    expect(whatIsRemoved(lost.slice(2), next, placeOf)).toEqual([]);
    const plain = { Resources: {}, Outputs: { SubscriberSales: { Value: sales } } };
    expect(whatIsRemoved(lost.slice(0, 1), plain, placeOf)).toEqual([
      'Removed, with the messages in their queues: crm.',
    ]);
  });

  it.each(['jobs,crm', ' jobs , crm ', ',jobs,crm,'])('may be named as %j', async (option) => {
    const all = [deployed('crm'), deployed('jobs')];
    const Outputs = all.map((each) => ({
      OutputKey: `Subscriber${each.name.toUpperCase()}`,
      OutputValue: JSON.stringify(each),
    }));
    const provider = {
      getCloudFormationClient: async () => ({ send: async () => ({ Stacks: [{ Outputs }] }) }),
      naming: { getStackName: () => STACK },
      getStage: () => 'prod',
      getRegion: () => REGION,
    };
    const serverless = {
      getProvider: () => provider,
      processedInput: { options: { 'remove-subscribers': option } },
      service: { service: 'inbound-sms' },
    };
    expect(await guardSubscribers(serverless as never, 'deploy', template())).toEqual([
      'Removed, with the messages in their queues: crm, jobs.',
    ]);
  });

  it('is empty, so any name is wrong, and the closest deployed one is suggested', () => {
    const named = (...all: string[]) => {
      const about = { deployed: all.map((each) => deployed(each)), lost: [] };
      return () => refuseOtherNames(['cmr'], { ...about, what: 'rollback' });
    };
    expect(named('jobs', 'crm')).toThrow('Did you mean crm? There are: jobs, crm.');
    expect(named()).toThrow('It has none at all');
  });
});
