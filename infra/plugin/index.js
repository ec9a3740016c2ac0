import { checkEnvironments } from './check-environments.js';
import { checkNames, checkSize, dropImpliedDependencies } from './check-template.js';
import { DeployTokens } from './deploy-tokens.js';
import { outputsByKey } from './deployed.js';
import {
  GUARDED_COMMANDS,
  guardDeploy,
  guardDeployFunction,
  guardRollback,
  inForce,
} from './guards.js';
import { nextSteps } from './next-steps.js';
import {
  checkParameters,
  PARAMETERS,
  parameterOf,
  readParameter,
  refuseHalfAnEdge,
  validParameters,
} from './parameters.js';
import { refuseWrongFiles } from './serverless-config.js';
import { LOCAL_STAGE, refuseOldSettings } from './settings.js';
import { tableHooks } from './table-left-behind.js';
import { edgeSecretHashes, isInForce, secretLengths, tokenHashes } from './webhook-tokens.js';

/** @import { Log, Resolver, Serverless } from '../types.d.ts' */

/** The commands that build. Only these need the tokens. */
const BUILDS = ['package', 'package function', 'deploy', 'deploy function'];

/** Adds to serverless: checked parameters, the tokens' hashes, guards, and what to do next. */
export default class InboundSmsPlugin {
  commands = GUARDED_COMMANDS;

  /** @type {Record<string, unknown> | undefined} All parameters, once they have been read. */
  given;

  /** @type {readonly string[]} What to say about removed subscribers. */
  removed = [];

  /** @param {Serverless} serverless @param {unknown} _options @param {{ log: Log }} tools */
  constructor(serverless, _options, { log }) {
    this.serverless = serverless;
    this.log = log;
    this.tokens = new DeployTokens(serverless, log);
    if (!serverless.processedInput.isHelpRequest) this.refuseWrongFiles();

    /** @param {(resolver: Resolver & { address: string | null }) => unknown} read */
    const source = (read) => ({
      resolve: (/** @type {Resolver & { address: string | null }} */ resolver) =>
        this.explained(async () => ({ value: await read(resolver) })),
    });
    this.configurationVariablesSources = {
      // `${parameters:NAME}` is a parameter's checked value. `${parameters:}` is an object of all valid
      // ones. `initialize` reports the invalid ones once, not at each use.
      parameters: source(async ({ address, resolveVariable }) => {
        if (!address) return this.allParameters(resolveVariable);
        parameterOf(address);
        return readParameter(address, await given(address, resolveVariable));
      }),
      webhook: source((resolver) => this.webhookVariable(resolver)),
    };

    const table = tableHooks(serverless, log);
    /** @type {Record<string, () => unknown>} */
    const hooks = {
      initialize: () => {
        // For files that were read after the plugin was loaded.
        this.refuseWrongFiles();
        this.checkParameters();
      },
      'before:aws:package:finalize:saveServiceState': () => this.finishTemplate(),
      'after:package:finalize': () => this.sayTokensAreNotCompared(),
      'before:deploy:deploy': async () => {
        this.refuseLocalStage();
        await this.tokens.refuseTwoSources();
        this.removed = await guardDeploy(serverless, this.tokens.source);
      },
      'after:deploy:deploy': () => this.sayWhatIsRemoved(),
      'before:deploy:function:deploy': async () => {
        await this.tokens.refuseTwoSources();
        await guardDeployFunction(serverless, this.tokens.source);
      },
      'before:rollback:rollback': async () => {
        this.removed = await guardRollback(serverless);
      },
      'after:rollback:rollback': () => this.sayWhatIsRemoved(),
      'after:aws:info:gatherData': () => this.showNextSteps(),
      'after:aws:info:displayEndpoints': () => this.hideEndpoint(),
      'before:remove:remove': () => table.note(),
      'after:remove:remove': () => table.sayWhatIsKept(),
    };
    this.hooks = {
      ...Object.fromEntries(
        Object.entries(hooks).map(([name, hook]) => [name, () => this.explained(hook)]),
      ),
      error: async (/** @type {Error & { code?: string } | undefined} */ error) => {
        await table.sayWhatIsLeft(error);
        // If esbuild cannot build the code, serverless-esbuild leaves a child process that never ends.
        setTimeout(() => process.exit(1), 1_000).unref();
      },
    };
  }

  // serverless parses its command line again once it knows our options.
  get command() {
    return this.serverless.processedInput.commands.join(' ');
  }

  get isBuild() {
    return BUILDS.includes(this.command);
  }

  refuseWrongFiles() {
    try {
      refuseWrongFiles();
      if (this.isBuild) refuseOldSettings(process.cwd());
    } catch (error) {
      throw this.error(error);
    }
  }

  /** @param {Resolver['resolveVariable']} resolveVariable */
  async allParameters(resolveVariable) {
    const names = Object.keys(PARAMETERS);
    const values = await Promise.all(names.map((name) => given(name, resolveVariable)));
    this.given = Object.fromEntries(names.map((name, index) => [name, values[index]]));
    // `info`, `remove` and similar commands change no subscription.
    if (!this.isBuild) this.given.alarmEmail ??= '';
    return validParameters(this.given);
  }

  checkParameters() {
    const { configurationInput, processedInput } = this.serverless;
    const onCommandLine = processedInput.options.param ?? [];
    const inFile = Object.values(configurationInput?.params ?? {});
    for (const item of onCommandLine) parameterOf(item.split('=')[0] ?? '');
    for (const name of inFile.flatMap((stage) => Object.keys(stage ?? {}))) parameterOf(name);
    if (this.given) checkParameters(this.given);
  }

  /** `${webhook:ADDRESS}`: only hashes, no secret. @param {Resolver & { address: string | null }} resolver */
  async webhookVariable({ address, options, resolveVariable }) {
    const { EDGE_SECRETS: secrets } = process.env;
    if (address === 'edgeSecretLengths') return secretLengths(secrets);
    if (!['tokenHashes', 'tokenLengths', 'edgeSecretHashes'].includes(address ?? '')) {
      throw new Error(`There is no \${webhook:${address}}`);
    }
    if (!this.isBuild) return 'not needed here';
    const isLocal = (options.stage ?? (await resolveVariable('sls:stage'))) === LOCAL_STAGE;
    // The local stack is never deployed, so it may have short tokens such as `test`.
    const limits = isLocal ? { minLength: 1 } : {};
    const readTokens = async () =>
      isLocal ? process.env.WEBHOOK_TOKENS : await this.tokens.toDeploy();
    if (address === 'tokenHashes') return tokenHashes(await readTokens(), limits);
    // The error is reported once, for `tokenHashes`.
    const tokens = await readTokens().catch(() => '');
    if (address === 'tokenLengths') return secretLengths(tokens);
    const edgeDomainName = await resolveVariable('param:edgeDomainName');
    const hashes = edgeSecretHashes({ secrets, tokens }, limits);
    // The local stack has one address, also for the edge.
    if (!isLocal) refuseHalfAnEdge({ edgeDomainName, hasSecret: hashes !== '' });
    return hashes;
  }

  finishTemplate() {
    const { stage, compiledCloudFormationTemplate: template } = this.serverless.service.provider;
    const stackName = this.serverless.getProvider('aws').naming.getStackName();
    dropImpliedDependencies(template);
    checkNames(template, { stackName, stage });
    // First, because a template that is not too large has fewer subscribers than an environment can hold.
    checkSize(template);
    checkEnvironments(template, stackName);
  }

  refuseLocalStage() {
    if (this.serverless.service.provider.stage !== LOCAL_STAGE) return;
    throw new Error(
      'The stage "local" is for `npm start` only: its token can be guessed. Deploy another stage.',
    );
  }

  sayTokensAreNotCompared() {
    if (this.command !== 'package') return;
    this.log.notice('Packaging does not compare your tokens with those in force. The deploy does.');
  }

  sayWhatIsRemoved() {
    for (const line of this.removed) this.log.notice(line);
  }

  /** Hides the endpoint, because people would paste it with its `{token}`. The whole URL is shown below. */
  hideEndpoint() {
    for (const name of ['endpoint', 'endpoints']) this.serverless.serviceOutputs.delete(name);
  }

  /** Shown below serverless's own output of `deploy` and `info`. */
  async showNextSteps() {
    const info = this.serverless.pluginManager.plugins.find((plugin) => plugin.gatheredData);
    const outputs = outputsByKey(info?.gatheredData?.outputs);
    if (!outputs.WebhookBaseUrl) return;
    const token = await this.tokens.current();
    const sections = nextSteps({
      outputs,
      region: this.serverless.getProvider('aws').getRegion(),
      stage: this.serverless.service.provider.stage,
      token,
      tokenSource: this.tokens.source,
      isTokenInForce: await this.isTokenInForce(token),
      isTerminal: process.stdout.isTTY === true,
    });
    for (const [name, lines] of Object.entries(sections)) {
      this.serverless.addServiceOutputSection(name, lines);
    }
  }

  /** After a deploy, the token is in force. @param {string | undefined} token */
  async isTokenInForce(token) {
    if (!token || this.isBuild) return true;
    try {
      return isInForce(token, await inForce(this.serverless));
    } catch (failure) {
      const { message } = /** @type {Error} */ (failure);
      this.log.warning(`It is not known whether this token is deployed: ${message}`);
      return true;
    }
  }

  /** Shows an error of our own code without a stack. @template T @param {() => T} work */
  async explained(work) {
    try {
      return await work();
    } catch (error) {
      throw /** @type {{ code?: string }} */ (error).code ? error : this.error(error);
    }
  }

  /** @param {unknown} error */
  error(error) {
    const { message } = /** @type {Error} */ (error);
    return new this.serverless.classes.Error(message, 'INBOUND_SMS');
  }
}

/**
 * A parameter as it was set; null if it was not.
 *
 * @param {string} name @param {Resolver['resolveVariable']} resolveVariable
 */
async function given(name, resolveVariable) {
  try {
    return await resolveVariable(`param:${name}`);
  } catch (error) {
    if (/** @type {{ code?: string }} */ (error).code === 'MISSING_VARIABLE_RESULT') return null;
    throw error;
  }
}
