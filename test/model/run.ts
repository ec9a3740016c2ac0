import { checkGuarantee } from './check.ts';

const [runs = '10000', seed = String(Date.now() % 2 ** 31), shrinks] = process.argv.slice(2);
console.log(`Checking ${runs} schedules, seed ${seed}`);
await checkGuarantee({ runs: Number(runs), seed: Number(seed), shrinks: shrinks !== 'first' });
console.log(`${runs} schedules kept the guarantee`);
