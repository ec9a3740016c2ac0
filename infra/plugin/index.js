import { tokenHashes } from './webhook-tokens.js';

/** The stage of the local stack: it takes short tokens such as `test`, so it is never deployed. */
const LOCAL_STAGE = 'local';

/** What serverless.yml needs beyond YAML: the tokens' hashes. */
export default class InboundSmsPlugin {
  constructor(serverless) {
    this.serverless = serverless;
    this.configurationVariablesSources = {
      webhook: {
        resolve: async ({ address, options, resolveVariable }) => {
          if (address !== 'tokenHashes') throw this.error(`There is no \${webhook:${address}}`);
          const stage = options.stage ?? (await resolveVariable('sls:stage'));
          try {
            const minLength = stage === LOCAL_STAGE ? { minLength: 1 } : {};
            return { value: tokenHashes(process.env.WEBHOOK_TOKENS, minLength) };
          } catch (error) {
            throw this.error(error.message);
          }
        },
      },
    };
    this.hooks = {
      'before:deploy:deploy': () => this.refuseLocalStage(),
    };
  }

  refuseLocalStage() {
    if (this.serverless.service.provider.stage !== LOCAL_STAGE) return;
    throw this.error(
      'The stage "local" is for `npm start` only: its token can be guessed. Deploy another stage.',
    );
  }

  error(message) {
    return new this.serverless.classes.Error(message, 'INBOUND_SMS');
  }
}
