import { existsSync, statSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { basename, dirname } from 'node:path';
import { parseDotenv } from '../../infra/plugin/dotenv.js';
import { readUserFile } from '../../infra/plugin/user-file.js';
import { ACCOUNT_ID, REGION } from './aws.ts';
import { type HttpAnswer, jsonAnswer } from './http-answer.ts';

/** At this path, the gateway answers as Systems Manager's Parameter Store. */
export const SSM_PATH = '/_ssm/';

interface Parameter {
  readonly Name: string;
  readonly Value: string;
  /** Epoch seconds. */
  readonly LastModifiedDate: number;
}

/** The inputs of the supported operations. */
interface Input {
  readonly Name?: string;
  readonly Names?: readonly string[];
  readonly Path?: string;
  readonly WithDecryption?: boolean;
}

export interface ParameterStoreOptions {
  /** Files with lines `NAME=VALUE`, such as `.env`. The first that exists is read. */
  readonly files: readonly string[];
  /** The path of each parameter, by the secret's name. Other variables of the file are ignored. */
  readonly secrets: ReadonlyMap<string, string>;
}

/**
 * Subscribers' secrets as SecureString parameters. It reads the file for each request, so a new value needs
 * no restart.
 */
export class ParameterStore {
  readonly #options: ParameterStoreOptions;

  constructor(options: ParameterStoreOptions) {
    this.#options = options;
  }

  /** The names of secrets that the file lacks. @throws {Error} If the file cannot be read. */
  missing(): string[] {
    const found = this.#parameters();
    return [...this.#options.secrets]
      .filter(([, path]) => !found.some(({ Name }) => Name === path))
      .map(([name]) => name);
  }

  /**
   * Answers a request as the Parameter Store does.
   * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
   */
  respond(headers: IncomingHttpHeaders, body: Buffer): HttpAnswer {
    const operation = String(headers['x-amz-target'] ?? '')
      .split('.')
      .at(-1);
    const input = JSON.parse(String(body) || '{}') as Input;
    const { WithDecryption = false } = input;
    let parameters: Parameter[];
    try {
      parameters = this.#parameters();
    } catch (error) {
      // The parser's error names the line, but no value.
      return refusal('InternalServerError', (error as Error).message);
    }
    const named = (name: string) => parameters.find(({ Name }) => Name === name);
    const shown = (found: readonly Parameter[]) =>
      found.map((parameter) => shownParameter(parameter, WithDecryption));
    switch (operation) {
      case 'GetParameter': {
        const found = named(String(input.Name));
        if (!found) return refusal('ParameterNotFound', `There is no parameter ${input.Name}`);
        return answer(200, { Parameter: shownParameter(found, WithDecryption) });
      }
      case 'GetParameters': {
        const names = input.Names ?? [];
        return answer(200, {
          Parameters: shown(names.flatMap((name) => named(name) ?? [])),
          InvalidParameters: names.filter((name) => !named(name)),
        });
      }
      case 'GetParametersByPath': {
        const path = `${String(input.Path).replace(/\/$/, '')}/`;
        return answer(200, {
          Parameters: shown(parameters.filter(({ Name }) => Name.startsWith(path))),
        });
      }
      case 'DescribeParameters':
        return answer(200, {
          Parameters: parameters.map(({ Name, LastModifiedDate }) => ({
            Name,
            ARN: arnOf(Name),
            Type: 'SecureString',
            LastModifiedDate,
            Version: 1,
          })),
        });
      case 'PutParameter': {
        const secret = String(input.Name).split('/').at(-1);
        return refusal(
          'AccessDeniedException',
          `The local stack reads secrets from ${this.fileName}. Write ${secret}=VALUE into it.`,
        );
      }
      default:
        return refusal('UnknownOperationException', `The local stack knows no ${operation} of SSM`);
    }
  }

  /** The name of the file that is read or should be written. */
  get fileName(): string {
    return basename(this.#file() ?? this.#options.files.at(-1) ?? '');
  }

  #file(): string | undefined {
    return this.#options.files.find((file) => existsSync(file));
  }

  #parameters(): Parameter[] {
    const file = this.#file();
    if (file === undefined) return [];
    const modified = statSync(file).mtimeMs;
    const text = readUserFile(dirname(file), basename(file)) ?? '';
    const { values } = parseDotenv(text, basename(file));
    return [...this.#options.secrets].flatMap(([name, path]) => {
      const value = values[name];
      const LastModifiedDate = Math.floor(modified / 1000);
      return value ? [{ Name: path, Value: value, LastModifiedDate }] : [];
    });
  }
}

/** Without decryption, AWS returns a ciphertext. */
function shownParameter({ Name, Value, LastModifiedDate }: Parameter, isDecrypted: boolean) {
  return {
    Name,
    Type: 'SecureString',
    Value: isDecrypted ? Value : Buffer.from(`encrypted ${Name}`).toString('base64'),
    Version: 1,
    LastModifiedDate,
    ARN: arnOf(Name),
    DataType: 'text',
  };
}

const arnOf = (name: string) => `arn:aws:ssm:${REGION}:${ACCOUNT_ID}:parameter${name}`;

const answer = (status: number, body: unknown) =>
  jsonAnswer(status, body, 'application/x-amz-json-1.1');

const refusal = (__type: string, message: string) => answer(400, { __type, message });
