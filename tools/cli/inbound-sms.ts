/** `bin/inbound-sms`: the operator's commands. */
import { main } from './main.ts';
import { processRuntime } from './runtime.ts';

process.exitCode = await main(process.argv.slice(2), processRuntime());
