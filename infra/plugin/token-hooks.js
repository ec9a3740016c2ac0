import { variablesIn, variablesInForce, variablesOfDeployment } from './deployed-tokens.js';
import { WITHOUT_OPTION } from './settings-guard.js';
import { REPLACE_OPTION, refuseToDropTokens } from './token-guard.js';

/** The key in serverless.yml of the function that knows the tokens. */
const WEBHOOK = 'receiveSms';

/** For each command that could drop every token. */
const REPLACES = {
  lifecycleEvents: [],
  options: {
    [REPLACE_OPTION]: { usage: 'Drop the tokens that are in force', type: 'boolean' },
  },
};

/** What serverless adds to its own commands. */
export const TOKEN_COMMANDS = {
  deploy: {
    ...REPLACES,
    options: {
      ...REPLACES.options,
      [WITHOUT_OPTION]: { usage: 'Deploy the defaults, without settings.yml', type: 'boolean' },
    },
    commands: { function: REPLACES },
  },
  rollback: REPLACES,
};

/**
 * Stops a deploy or a rollback that would cut off the PBX, by comparing what it brings with what is in
 * force. Each hook rejects with an error for people.
 *
 * @param {any} serverless
 */
export function tokenHooks(serverless) {
  const { service, processedInput } = serverless;
  const provider = serverless.getProvider('aws');

  const inForce = () => variablesInForce(provider, service.getFunction(WEBHOOK).name);

  /** @param {'deploy' | 'rollback'} what */
  const guard = async (what, readNext) => {
    if (processedInput.options[REPLACE_OPTION]) return;
    const next = await readNext();
    if (Object.keys(next).length === 0) return;
    refuseToDropTokens(await inForce(), next, what);
  };

  return {
    /** The variables that the deployed webhook has now. */
    inForce,
    deploy: () =>
      guard('deploy', () => variablesIn(service.provider.compiledCloudFormationTemplate)),
    deployFunction: () => {
      const isWebhook = processedInput.options.function === WEBHOOK;
      return guard('deploy', () => (isWebhook ? service.getFunction(WEBHOOK).environment : {}));
    },
    rollback: () => {
      const { timestamp } = processedInput.options;
      return guard('rollback', () =>
        timestamp ? variablesOfDeployment(provider, service.service, timestamp) : {},
      );
    },
  };
}
