import type { AwsCallView } from '../../protocol.ts';

/**
 * Whether what a call was answered is part of the way things go: that an item is there already, or that
 * another one holds the claim, is how a function learns it.
 */
export function isExpected({ error }: Pick<AwsCallView, 'error'>): boolean {
  return error === undefined || error === 'ConditionalCheckFailedException';
}
