import {
  asVariable,
  isNotThere,
  parseStoredTokens,
  readWithAllChanges,
  tokensParameter,
} from './stored-tokens.js';
import { checkTokens, tokensIn } from './webhook-tokens.js';

/** @import { AwsProvider, Log, Serverless } from '../types.d.ts' */
/** @import { StoredToken } from './stored-tokens.js' */

/** The variable that takes precedence over the parameter. */
const VARIABLE = 'WEBHOOK_TOKENS';

/** The tokens for a deploy, from WEBHOOK_TOKENS or else from the stage's parameter, which is read once. */
export class DeployTokens {
  /** @type {Promise<readonly StoredToken[] | undefined> | undefined} */
  #stored;

  /** @param {Serverless} serverless @param {Log} log */
  constructor(serverless, log) {
    this.serverless = serverless;
    this.log = log;
  }

  get isInEnvironment() {
    return tokensIn(process.env[VARIABLE]).length > 0;
  }

  /** The name of this stage's tokens parameter. */
  get parameter() {
    const { service } = this.serverless.service;
    return tokensParameter(service, this.serverless.getProvider('aws').getStage());
  }

  /** The source of the tokens, for errors. */
  get source() {
    return this.isInEnvironment ? VARIABLE : this.parameter;
  }

  /**
   * The tokens to deploy, in the form of WEBHOOK_TOKENS.
   *
   * @returns {Promise<string>}
   * @throws {Error} If there is none, the parameter cannot be read, or a line of it is not one token.
   */
  async toDeploy() {
    if (this.isInEnvironment) return process.env[VARIABLE] ?? '';
    const stage = this.serverless.getProvider('aws').getStage();
    let stored;
    try {
      stored = await this.#read();
    } catch (error) {
      throw new Error(
        [
          `WEBHOOK_TOKENS is not set, and ${this.parameter} cannot be read: ${messageOf(error)}`,
          'Use credentials that may read the parameter (docs/permissions.md#deployer), or set WEBHOOK_TOKENS, in the environment or in .env.',
          '`bin/inbound-sms token --save` makes a first token and writes it to .env.',
        ].join('\n'),
      );
    }
    if (stored && stored.length > 0) {
      checkTokens(
        stored.map(({ token }) => token),
        this.parameter,
      );
      return asVariable(stored);
    }
    throw new Error(
      [
        `WEBHOOK_TOKENS is not set, and there is no parameter ${this.parameter}. Make a token in one of two ways:`,
        '- For yourself: `bin/inbound-sms token --save` writes it to .env.',
        `- For a team: \`bin/inbound-sms token new --stage ${stage}\` stores it in AWS, for everybody who may read it there.`,
        'Has somebody deployed this stage before? Then take their token: docs/deploy.md#a-colleagues-first-deploy.',
      ].join('\n'),
    );
  }

  /**
   * The current token, to show to a person. Logs a notice if the parameter cannot be read.
   *
   * @returns {Promise<string | undefined>}
   */
  async current() {
    if (this.isInEnvironment) return tokensIn(process.env[VARIABLE]).at(-1);
    try {
      return (await this.#read())?.at(-1)?.token;
    } catch (error) {
      this.log.notice(`The token cannot be read from ${this.parameter}: ${messageOf(error)}`);
      return undefined;
    }
  }

  /**
   * For a deploy with WEBHOOK_TOKENS. If the parameter has other tokens, nobody can tell which ones are
   * meant.
   *
   * @throws {Error} Says what to remove, and how.
   */
  async refuseTwoSources() {
    if (!this.isInEnvironment) return;
    let stored;
    try {
      stored = await this.#read();
    } catch (error) {
      this.log.notice(
        `The deploy takes WEBHOOK_TOKENS. Whether ${this.parameter} has other tokens is not known: ${messageOf(error)}`,
      );
      return;
    }
    if (!stored || asVariable(stored) === tokensIn(process.env[VARIABLE]).join()) return;
    const provider = this.serverless.getProvider('aws');
    const stage = provider.getStage();
    throw new Error(
      [
        `WEBHOOK_TOKENS and the parameter ${this.parameter} have different tokens, so nothing was deployed. Keep one of them:`,
        '- To deploy the tokens of the parameter, remove WEBHOOK_TOKENS from .env (or .env.STAGE) and from the environment.',
        `  If the PBX uses a token that only WEBHOOK_TOKENS has, store it first: bin/inbound-sms token new --import --stage ${stage}`,
        `- To deploy the tokens of WEBHOOK_TOKENS, delete the parameter: aws ssm delete-parameter --region ${provider.getRegion()} --name ${this.parameter}`,
        `To see which are deployed: bin/inbound-sms token list --stage ${stage}. See docs/deploy.md#tokens-that-a-team-shares.`,
      ].join('\n'),
    );
  }

  #read() {
    this.#stored ??= readStored(this.serverless.getProvider('aws'), this.parameter);
    return this.#stored;
  }
}

/**
 * @param {Pick<AwsProvider, 'getAwsSdkV3Config'>} provider
 * @param {string} name
 * @returns {Promise<readonly StoredToken[] | undefined>} Undefined if there is no such parameter.
 */
async function readStored(provider, name) {
  const { SSMClient, GetParameterCommand } = await import('@aws-sdk/client-ssm');
  const client = new SSMClient(await provider.getAwsSdkV3Config());
  try {
    const found = await readWithAllChanges(async (version) => {
      const Name = version === undefined ? name : `${name}:${version}`;
      try {
        const command = new GetParameterCommand({ Name, WithDecryption: true });
        const { Version = 0, Value } = (await client.send(command)).Parameter ?? {};
        return { version: Version, ...parseStoredTokens(Value) };
      } catch (error) {
        if (isNotThere(error)) return undefined;
        throw error;
      }
    });
    return found?.tokens;
  } finally {
    client.destroy();
  }
}

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));
