import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Item } from '../../lib/aws/message-item.ts';
import type { LocalStack } from '../../tools/local/stack.ts';
import { type CompiledTemplate, TOKEN } from './compiled-template.ts';
import { startTestStack } from './local-stack.ts';

const fixture = (name: string) => new URL(`../fixtures/version-before/${name}`, import.meta.url);
const readJson = (name: string) => JSON.parse(readFileSync(fixture(name), 'utf8'));

/** Its deployment package: the template and the functions' zip files. */
export const PACKAGE_BEFORE = fileURLToPath(fixture('package'));

export const TEMPLATE_BEFORE: CompiledTemplate = readJson(
  'package/cloudformation-template-update-stack.json',
);

/**
 * Resources that this version replaces or removes on purpose, such as `FailedSweeps is replaced:
 * QueueName`. The changelog names each by its logical id, and says what is lost with it.
 */
export const REPLACED_ON_PURPOSE: readonly string[] = ['HttpApiLogGroup is replaced: LogGroupName'];

/** A record of the version before. */
export interface ItemBefore {
  readonly what: string;
  readonly state: 'unclaimed' | 'claimed' | 'published';
  /** The PBX's form. */
  readonly form: string;
  readonly item: Item;
}

export const ITEMS_BEFORE: readonly ItemBefore[] = readJson('items.json');

/** Its functions, on another stack's table and topic. */
export function startVersionBefore(
  { dynamodbEndpoint, snsEndpoint }: Pick<LocalStack, 'dynamodbEndpoint' | 'snsEndpoint'>,
  { onFunctionLog }: { readonly onFunctionLog?: (functionKey: string, line: string) => void } = {},
): Promise<LocalStack> {
  return startTestStack({
    packageDir: PACKAGE_BEFORE,
    tokens: TOKEN,
    endpoints: { dynamodb: dynamodbEndpoint, sns: snsEndpoint },
    ...(onFunctionLog && { onFunctionLog }),
  });
}
