import { expect } from 'vitest';
import { type ContractedNotification, contractFaults } from './notification-contract.ts';

/**
 * Fails the running test even if the code under test catches the exception, because it takes every error
 * for SNS's.
 */
export function expectContract(notification: ContractedNotification): void {
  const faults = contractFaults(notification);
  if (faults.length > 0) expect.soft(faults).toEqual([]);
}
