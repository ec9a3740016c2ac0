import { stackCommand, toolVersion, withStack } from '../command.ts';
import type { Runtime } from '../runtime.ts';

/** `inbound-sms version` */
export function versionCommand(runtime: Runtime) {
  return stackCommand(runtime, 'version', {
    summary: 'show the version of this tool and of a stack',
    description: 'To see only the version of the tool, use -V.',
    examples: [
      ['--stage prod', 'both versions'],
      ['--stage prod --json | jq -r .stack', 'the deployed version, for a script'],
    ],
  }).action((options) =>
    withStack(runtime, options, async ({ name, outputs }, output) => {
      const tool = toolVersion();
      const deployed = outputs.Version;
      if (output.isJson) {
        await output.json({ tool, stack: deployed ?? null, name });
        return;
      }
      await output.text(`inbound-sms: ${tool}`);
      await output.text(`${name}: ${deployed ?? 'unknown'}`);
      if (deployed === undefined)
        output.note('The deployed version is too old to tell its number.');
      else if (deployed !== tool)
        output.note('They differ. To bring the stack to this version, deploy.');
    }),
  );
}
