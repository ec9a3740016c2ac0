import { createThrottle, type ThrottleSettings } from '../../local/throttle.ts';
import { randomBytes } from '../shards/random.ts';

/** What the provider's guide says: then the message is e-mailed. */
const ATTEMPTS = 10;
/** A PBX's timers are not exact: each pause is up to this share longer. */
const JITTER = 0.1;
const NUMBERS_A_BLOCK = 65_536;
/** The PBX's messages begin that far apart. */
const MESSAGE_EVERY_MS = 1_000;

export interface Flood {
  readonly throttle: ThrottleSettings;
  /** Requests a second of the stranger: a Poisson process, whose requests know nothing of each other. */
  readonly strangers: number;
  /** Between two attempts of the PBX. */
  readonly spacingSeconds: number;
  readonly messages: number;
  readonly seed: string;
}

export interface Starvation {
  readonly emailed: number;
  /** Of the PBX's attempts, those that were answered 429. */
  readonly throttledShare: number;
}

/**
 * Messages that the PBX gives up because a stranger's requests use the throttle up. API Gateway
 * throttles a route before the function sees the token, so the stranger needs none.
 */
export function starve({ throttle, strangers, spacingSeconds, messages, seed }: Flood): Starvation {
  const random = uniform(`${seed}/pbx`);
  const strangersRandom = uniform(`${seed}/strangers`);
  const gap = () => (-Math.log(strangersRandom()) * 1_000) / strangers;
  let time = 0;
  const mayPass = createThrottle(throttle, () => time);
  let nextStranger = gap();
  const passesAt = (at: number): boolean => {
    for (; nextStranger <= at; nextStranger += gap()) {
      time = nextStranger;
      mayPass();
    }
    time = at;
    return mayPass();
  };

  const queue = new AttemptQueue();
  const beginAt = drainedAt(throttle, strangers);
  for (let message = 0; message < messages; message++) {
    queue.add({ at: beginAt + (message + random()) * MESSAGE_EVERY_MS, number: 1 });
  }
  let [attempts, throttled, emailed] = [0, 0, 0];
  for (let next = queue.take(); next; next = queue.take()) {
    attempts++;
    if (passesAt(next.at)) continue;
    throttled++;
    if (next.number === ATTEMPTS) emailed++;
    else {
      const pause = spacingSeconds * 1_000 * (1 + JITTER * random());
      queue.add({ at: next.at + pause, number: next.number + 1 });
    }
  }
  return { emailed, throttledShare: throttled / attempts };
}

/** When a flood has used the burst up; at once if it never does. */
function drainedAt({ rate, burst }: ThrottleSettings, strangers: number): number {
  return strangers > rate ? (burst / (strangers - rate)) * 1_000 : 0;
}

interface Attempt {
  readonly at: number;
  readonly number: number;
}

/** The attempts to come, the next one first. */
class AttemptQueue {
  readonly #attempts: Attempt[] = [];

  add(attempt: Attempt): void {
    let [low, high] = [0, this.#attempts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#attempts[middle]?.at ?? 0) > attempt.at) low = middle + 1;
      else high = middle;
    }
    this.#attempts.splice(low, 0, attempt);
  }

  take(): Attempt | undefined {
    return this.#attempts.pop();
  }
}

/** Numbers between 0 and 1 that the seed decides, as many as are asked for. */
function uniform(seed: string): () => number {
  let [block, offset] = [0, NUMBERS_A_BLOCK];
  let bytes: Buffer = Buffer.alloc(0);
  return () => {
    if (offset === NUMBERS_A_BLOCK) {
      bytes = randomBytes(`${seed}/${block++}`, 4 * NUMBERS_A_BLOCK);
      offset = 0;
    }
    // Never 0, nor 1.
    return (bytes.readUInt32BE(4 * offset++) + 0.5) / 2 ** 32;
  };
}
