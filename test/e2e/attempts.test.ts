import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FaultyStack, startFaultyStack } from '../helpers/faulty-stack.ts';
import { postForm } from '../helpers/local-stack.ts';

let service: FaultyStack;
beforeAll(async () => {
  service = await startFaultyStack();
});
afterAll(() => service[Symbol.asyncDispose]());

it('counts attempts, and reports a message that has few of the PBX’s left', async () => {
  const form = { message_id: randomUUID(), from: '1', sms_number: '2', body: '' };
  const refuse = () => ({ kind: 'error-before', code: 'AuthorizationError', status: 403 }) as const;
  service.sns.setFault(refuse);
  for (let attempt = 1; attempt <= 8; attempt++) {
    expect((await postForm(service.stack.webhookUrl, form)).status).toBe(503);
  }
  const lines = service.logs.map((line) => JSON.parse(line));
  expect(lines.map(({ attempts }) => attempts)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(lines.map(({ RetryBudgetLow = 0 }) => RetryBudgetLow)).toEqual([0, 0, 0, 0, 0, 0, 1, 1]);

  service.reset();
  expect((await postForm(service.stack.webhookUrl, form)).status).toBe(200);
  expect(service.logs.map((line) => JSON.parse(line))).toMatchObject([{ attempts: 9 }]);
  expect(service.logs.join()).not.toContain('RetryBudgetLow');
});
