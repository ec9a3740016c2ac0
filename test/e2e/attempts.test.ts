import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type FaultyStack, startFaultyStack } from '../helpers/faulty-stack.ts';
import { postForm } from '../helpers/local-stack.ts';

let service: FaultyStack;
beforeAll(async () => {
  service = await startFaultyStack();
});
beforeEach(() => service.reset());
afterAll(() => service[Symbol.asyncDispose]());

const refuse = () => ({ kind: 'error-before', code: 'AuthorizationError', status: 403 }) as const;
const someForm = () => ({ message_id: randomUUID(), from: '1', sms_number: '2', body: '' });
const post = async (form: Record<string, string>) =>
  (await postForm(service.stack.webhookUrl, form)).status;
const linesOf = (outcome: string) =>
  service.logs.map((line) => JSON.parse(line)).filter((line) => line.outcome === outcome);

it('counts the PBX’s requests, and reports a message with few requests left', async () => {
  const form = someForm();
  service.sns.setFault(refuse);
  for (let request = 1; request <= 8; request++) expect(await post(form)).toBe(503);
  const lines = linesOf('unavailable');
  expect(lines.map(({ requests }) => requests)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(lines.map(({ attempts }) => attempts)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(lines.map(({ RetryBudgetLow = 0 }) => RetryBudgetLow)).toEqual([0, 0, 0, 0, 0, 0, 1, 1]);

  service.reset();
  expect(await post(form)).toBe(200);
  expect(linesOf('published')).toMatchObject([{ requests: 9, attempts: 9 }]);
  expect(service.logs.join()).not.toContain('RetryBudgetLow');
});

it('does not count the sweeper’s attempts as requests', async () => {
  const form = someForm();
  service.sns.setFault(refuse);
  expect(await post(form)).toBe(503);
  for (let sweep = 1; sweep <= 6; sweep++) {
    await service.age(form.message_id);
    await service.stack.invoke('publishPending', {});
  }
  expect(await post(form)).toBe(503);
  expect(linesOf('unavailable').at(-1)).toMatchObject({ requests: 2, attempts: 8 });
  expect(service.logs.join()).not.toContain('RetryBudgetLow');
});
