import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFunctions } from '../../tools/local/function-definition.ts';
import { STACK_NAME } from '../../tools/local/stack.ts';
import { Template } from '../../tools/local/template.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { TOKEN } from '../helpers/compiled-template.ts';
import { packageDir, postForm, startTestStack } from '../helpers/local-stack.ts';
import { PACKAGE_BEFORE } from '../helpers/version-before.ts';
import { temporaryDir } from '../tools/local/temporary-dir.ts';

/**
 * CloudFormation updates a function's configuration and its code one after the other, and requests come in
 * between:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
 */
describe('while a function is updated', () => {
  it.each([
    ['before', 'this version’s', PACKAGE_BEFORE, packageDir, 'test'],
    ['of this version', 'the version before’s', packageDir, PACKAGE_BEFORE, TOKEN],
  ])('the code %s runs with %s environment', async (_, __, code, environment, token) => {
    const read = (of: string | (() => string)) => (typeof of === 'string' ? of : of());
    const { receiveSms, publishPending } = await environmentsOf(read(environment));
    for (const functionEnvironment of [receiveSms, publishPending]) {
      await using stack = await startTestStack({
        packageDir: read(code),
        tokens: token,
        functionEnvironment: functionEnvironment ?? {},
      });
      if (functionEnvironment === receiveSms) {
        expect((await postForm(stack.webhookUrl, someForm())).status).toBe(200);
      } else {
        await stack.invoke('publishPending', {});
      }
    }
  });

  it('every variable that the other code reads is set', async () => {
    const [before, now] = await Promise.all([PACKAGE_BEFORE, packageDir()].map(environmentsOf));
    for (const name of ['receiveSms', 'publishPending']) {
      expect(Object.keys(now?.[name] ?? {})).toEqual(
        expect.arrayContaining(Object.keys(before?.[name] ?? { none: '' })),
      );
    }
  });
});

/** Each function's environment in a deployment's template. */
async function environmentsOf(directory: string): Promise<Record<string, Record<string, string>>> {
  const file = join(directory, 'cloudformation-template-update-stack.json');
  const template = new Template(JSON.parse(await readFile(file, 'utf8')), STACK_NAME);
  const functions = await readFunctions(template, directory, await temporaryDir());
  return Object.fromEntries(functions.map(({ key, environment }) => [key, { ...environment }]));
}
