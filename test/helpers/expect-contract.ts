import { expect } from 'vitest';
import { type ContractedNotification, contractFaults } from './notification-contract.ts';

/**
 * Fails the test that is running, whatever becomes of the exception: for where the code under test
 * takes every error for one of SNS.
 */
export function expectContract(notification: ContractedNotification): void {
  const faults = contractFaults(notification);
  if (faults.length > 0) expect.soft(faults).toEqual([]);
}
