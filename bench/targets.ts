/** What the service is held to. Sizes and calls are tested; times are only shown beside these. */
export const TARGETS = {
  /** Of each function. */
  bundle: { minifiedBytes: 250_000, zippedBytes: 88_000, modules: 345 },
  /** AWS calls a request, by how it ends. */
  calls: { new: 3, duplicate: 1, 'in flight': 1, conflict: 1, rejected: 0 },
  /** On the heap, a new message: 350,000, and what another V8 may add. */
  allocatedBytes: 375_000,
  /** Ours divided by each contender's. */
  coldRatios: { floor: 0.8, powertools: 0.7, naive: 0.6 },
  warmRatios: { floor: 1, powertools: 0.65 },
  /** Of one invocation. */
  sweptRecordsPerSecond: 2_000,
} as const;
