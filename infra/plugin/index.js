import { existsSync } from 'node:fs';
import { checkEnvironments } from './environment.js';
import { checkNames } from './names.js';
import { nextSteps } from './next-steps.js';
import { refuseOldSettings } from './old-settings.js';
import {
  checkParameters,
  PARAMETERS,
  readParameter,
  refuseHalfAnEdge,
  refuseUnknownParameters,
  validParameters,
} from './parameters.js';
import { refuseWrongFiles } from './serverless-config.js';
import { SETTINGS_FILE } from './settings-file.js';
import {
  keptByStack,
  keptByTemplate,
  refuseToDropSettings,
  WITHOUT_OPTION,
} from './settings-guard.js';
import {
  howToReadTable,
  startsOperation,
  tableLeftBehind,
  whatToDoAboutTable,
} from './table-left-behind.js';
import { dropImpliedDependencies } from './template.js';
import { TOKEN_COMMANDS, tokenHooks } from './token-hooks.js';
import {
  currentToken,
  edgeSecretHashes,
  isInForce,
  secretLengths,
  tokenHashes,
} from './webhook-tokens.js';

/** The stage of the local stack: it takes short tokens such as `test`, so it is never deployed. */
const LOCAL_STAGE = 'local';

/** The commands that build what is deployed: no others need the tokens. */
const BUILDS = ['package', 'package function', 'deploy', 'deploy function'];

/** What serverless.yml needs beyond YAML: checked parameters, the tokens' hashes, what to do next. */
export default class InboundSmsPlugin {
  constructor(serverless, _options, { log }) {
    this.serverless = serverless;
    this.log = log;
    if (!serverless.processedInput.isHelpRequest) this.refuseWrongFiles();
    this.configurationVariablesSources = {
      // `${parameters:NAME}` is a parameter's checked value. `${parameters:}` is an object of them all,
      // without those that are wrong: `initialize` says so once, not at each place that needs them.
      parameters: {
        resolve: ({ address, resolveVariable }) =>
          this.explained(async () => {
            if (!address) return { value: await this.allParameters(resolveVariable) };
            refuseUnknownParameters([address]);
            return { value: readParameter(address, await given(address, resolveVariable)) };
          }),
      },
      webhook: {
        resolve: ({ address, options, resolveVariable }) =>
          this.explained(async () => {
            const stage = options.stage ?? (await resolveVariable('sls:stage'));
            switch (address) {
              case 'tokenHashes':
                return { value: this.tokenHashes(stage) };
              case 'tokenLengths':
                return { value: secretLengths(process.env.WEBHOOK_TOKENS) };
              case 'edgeSecretHashes': {
                const edgeDomainName = await resolveVariable('param:edgeDomainName');
                return { value: this.edgeSecretHashes(stage, edgeDomainName) };
              }
              case 'edgeSecretLengths':
                return { value: secretLengths(process.env.EDGE_SECRETS) };
              default:
                throw new Error(`There is no \${webhook:${address}}`);
            }
          }),
      },
    };
    this.commands = TOKEN_COMMANDS;
    this.hooks = {
      initialize: () => this.explained(() => this.checkParameters()),
      'before:aws:package:finalize:saveServiceState': () =>
        this.explained(() => this.finishTemplate()),
      'after:package:finalize': () => this.sayTokensAreNotCompared(),
      'before:deploy:deploy': () => {
        this.refuseLocalStage();
        return this.explained(async () => {
          await tokenHooks(serverless).deploy();
          await this.refuseToDropSettings();
        });
      },
      'before:deploy:function:deploy': () =>
        this.explained(() => tokenHooks(serverless).deployFunction()),
      'before:rollback:rollback': () => this.explained(() => tokenHooks(serverless).rollback()),
      'after:aws:info:gatherData': () => this.showNextSteps(),
      'after:aws:info:displayEndpoints': () => this.hideEndpoint(),
      'before:remove:remove': () => this.noteTable(),
      'after:remove:remove': () => this.sayWhatIsKept(),
      error: async (error) => {
        await this.sayWhatIsLeft(error);
        this.endAfterError();
      },
    };
  }

  refuseWrongFiles() {
    try {
      refuseWrongFiles();
      if (this.isBuild) refuseOldSettings(process.cwd());
    } catch (error) {
      throw this.error(error.message);
    }
  }

  async allParameters(resolveVariable) {
    const values = await Promise.all(
      Object.keys(PARAMETERS).map(async (name) => [name, await given(name, resolveVariable)]),
    );
    this.given = Object.fromEntries(values);
    // `info`, `remove` and the like change no subscription.
    if (!this.isBuild) this.given.alarmEmail ??= '';
    return validParameters(this.given);
  }

  checkParameters() {
    const { configurationInput, processedInput } = this.serverless;
    const onCommandLine = processedInput.options.param ?? [];
    const inFile = Object.values(configurationInput?.params ?? {}).flatMap((stage) =>
      Object.keys(stage ?? {}),
    );
    refuseUnknownParameters([...onCommandLine.map((item) => item.split('=')[0]), ...inFile]);
    if (this.given) checkParameters(this.given);
  }

  tokenHashes(stage) {
    if (!this.isBuild) return 'not needed here';
    return tokenHashes(process.env.WEBHOOK_TOKENS, minLengthOn(stage));
  }

  edgeSecretHashes(stage, edgeDomainName) {
    if (!this.isBuild) return 'not needed here';
    const { EDGE_SECRETS: secrets, WEBHOOK_TOKENS: tokens } = process.env;
    const hashes = edgeSecretHashes({ secrets, tokens }, minLengthOn(stage));
    // The local stack has one address, which stands for the edge's as well.
    if (stage !== LOCAL_STAGE) refuseHalfAnEdge({ edgeDomainName, hasSecret: hashes !== '' });
    return hashes;
  }

  finishTemplate() {
    const template = this.serverless.service.provider.compiledCloudFormationTemplate;
    dropImpliedDependencies(template);
    checkNames(template, { stackName: this.stackName, stage: this.stage });
    checkEnvironments(template, this.stackName);
  }

  refuseLocalStage() {
    if (this.stage !== LOCAL_STAGE) return;
    throw this.error(
      'The stage "local" is for `npm start` only: its token can be guessed. Deploy another stage.',
    );
  }

  sayTokensAreNotCompared() {
    if (this.command !== 'package') return;
    this.log.notice('The deploy compares the tokens with those in force: packaging cannot.');
  }

  /** settings.yml may be on another machine only, such as a colleague's. */
  async refuseToDropSettings() {
    const { options } = this.serverless.processedInput;
    if (existsSync(SETTINGS_FILE) || options[WITHOUT_OPTION]) return;
    const variables = await tokenHooks(this.serverless).inForce();
    if (Object.keys(variables).length === 0) return;
    const template = this.serverless.service.provider.compiledCloudFormationTemplate;
    const deployed = keptByStack(variables, await this.outputs());
    refuseToDropSettings(deployed, keptByTemplate(template));
  }

  /** Of the deployed stack. */
  async outputs() {
    const { Stacks } = await this.askCloudFormation(({ DescribeStacksCommand }, client) =>
      client.send(new DescribeStacksCommand({ StackName: this.stackName })),
    );
    const outputs = Stacks?.[0]?.Outputs ?? [];
    return Object.fromEntries(
      outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
    );
  }

  /** It holds `{token}`, and people paste it: the whole URL stands below. */
  hideEndpoint() {
    for (const name of ['endpoint', 'endpoints']) this.serverless.serviceOutputs.delete(name);
  }

  /** Below what serverless itself shows after `deploy` and `info`. */
  async showNextSteps() {
    const info = this.serverless.pluginManager.plugins.find(
      (plugin) => plugin.gatheredData,
    )?.gatheredData;
    const outputs = Object.fromEntries(
      (info?.outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
    );
    if (!outputs.WebhookBaseUrl) return;
    const token = currentToken(process.env.WEBHOOK_TOKENS);
    const sections = nextSteps({
      outputs,
      region: this.provider.getRegion(),
      token,
      isTokenInForce: await this.isTokenInForce(token),
      isTerminal: process.stdout.isTTY === true,
    });
    for (const [name, lines] of Object.entries(sections)) {
      this.serverless.addServiceOutputSection(name, lines);
    }
  }

  /** After a deploy it is. */
  async isTokenInForce(token) {
    if (!token || this.isBuild) return true;
    try {
      return isInForce(token, await tokenHooks(this.serverless).inForce());
    } catch (failure) {
      this.log.warning(`It is not known whether this token is deployed: ${failure.message}`);
      return true;
    }
  }

  /** Afterwards, the stack is gone, and nothing else knows its table. */
  async noteTable() {
    if (!this.keepsTable) return;
    try {
      this.keptTable = (await this.outputs()).MessagesTableName;
    } catch (failure) {
      this.log.warning(`The name of the table is not known: ${failure.message}`);
    }
  }

  sayWhatIsKept() {
    if (!this.keepsTable) return;
    const region = this.provider.getRegion();
    const lines = howToReadTable({ table: this.keptTable, stage: this.stage, region });
    this.log.notice(`\n${lines.join('\n')}`);
  }

  /** After a deploy that failed: it may have made the table, which its rollback keeps. */
  async sayWhatIsLeft(error) {
    if (!/^AWS_CLOUD_FORMATION_(CREATE|UPDATE)_STACK_/.test(error?.code) || !this.keepsTable)
      return;
    try {
      const table = tableLeftBehind(await this.eventsOfOperation());
      if (!table) return;
      const region = this.provider.getRegion();
      const lines = whatToDoAboutTable({ table, stack: this.stackName, region });
      this.log.error(`\n${lines.join('\n')}`);
    } catch (failure) {
      // Why the deploy failed matters more than why this cannot be told.
      this.log.warning(`It is not known whether a table is left: ${failure.message}`);
    }
  }

  /** What CloudFormation has done since the deploy began, the latest first. */
  async eventsOfOperation() {
    return this.askCloudFormation(async ({ paginateDescribeStackEvents }, client) => {
      const events = [];
      const pages = paginateDescribeStackEvents({ client }, { StackName: this.stackName });
      for await (const { StackEvents = [] } of pages) {
        events.push(...StackEvents);
        if (StackEvents.some(startsOperation)) break;
      }
      return events;
    });
  }

  async askCloudFormation(ask) {
    const sdk = await import('@aws-sdk/client-cloudformation');
    const config = await this.provider.getAwsSdkV3Config();
    const client = new sdk.CloudFormationClient(config);
    try {
      return await ask(sdk, client);
    } finally {
      client.destroy();
    }
  }

  /** After code that esbuild cannot build, serverless-esbuild leaves a child that never ends. */
  endAfterError() {
    setTimeout(() => process.exit(1), 1_000).unref();
  }

  get isBuild() {
    return BUILDS.includes(this.command);
  }

  get command() {
    return this.serverless.processedInput.commands.join(' ');
  }

  get keepsTable() {
    return this.serverless.service.resources?.Resources?.MessagesTable?.DeletionPolicy === 'Retain';
  }

  get provider() {
    return this.serverless.getProvider('aws');
  }

  get stackName() {
    return this.provider.naming.getStackName();
  }

  get stage() {
    return this.serverless.service.provider.stage;
  }

  /** What our own code throws is for the user: without a stack. */
  async explained(work) {
    try {
      return await work();
    } catch (error) {
      throw error.code ? error : this.error(error.message);
    }
  }

  error(message) {
    return new this.serverless.classes.Error(message, 'INBOUND_SMS');
  }
}

/** A parameter as it was given; null if nobody has. */
async function given(name, resolveVariable) {
  try {
    return await resolveVariable(`param:${name}`);
  } catch (error) {
    if (error.code === 'MISSING_VARIABLE_RESULT') return null;
    throw error;
  }
}

function minLengthOn(stage) {
  return stage === LOCAL_STAGE ? { minLength: 1 } : {};
}
