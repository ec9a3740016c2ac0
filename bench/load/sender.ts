/** The sender in a thread of its own: in the stack's thread it would wait for what it measures. */
import { parentPort, workerData } from 'node:worker_threads';
import { sendOpenLoop } from './open-loop.ts';

parentPort?.postMessage(await sendOpenLoop(workerData));
