/** A way in which the functions reach into the SDK, or leave something of it out. */
export interface Trick {
  readonly about: string;
  /** What infra/bundle leaves out with it: a key of `REPLACED`. */
  readonly replaced?: string;
  /** The name of its plugin of infra/bundle. */
  readonly plugin?: string;
  /** The code without it: in each file, what is replaced by what. */
  readonly edits?: Readonly<Record<string, readonly (readonly [RegExp, string])[]>>;
}

const LEAN = 'lib/aws/lean-client.ts';
const CLIENTS = 'lib/aws/aws-clients.ts';

/** `callWithin(deadline, () => client.send(command))`, and the client and the command in it. */
const CALL = /callWithin\(deadline, \(\) =>\s*([\w.#]+)\.send\(command\),?\s*\)/g;
const WITH_OPTION = '$1.send(command, { abortSignal: deadline })';

export const TRICKS: Readonly<Record<string, Trick>> = {
  signer: {
    about: 'one signer a client',
    edits: { [LEAN]: [[/keepSigner\(lean\.config\);/, '']] },
  },
  configuration: {
    about: 'a plain copy of a client’s configuration',
    edits: {
      [LEAN]: [
        [/\(lean as .*\)\.config = \{ \.\.\.lean\.config \};/, ''],
        [/lean\.middlewareStack\.use\(.*\);/, ''],
      ],
    },
  },
  'no-logger': {
    about: 'no logger middleware',
    edits: { [LEAN]: [[/remove\('loggerMiddleware', lean\);/, '']] },
  },
  'user-agent': {
    about: 'a fixed user agent',
    edits: { [LEAN]: [[/remove\('getUserAgentMiddleware', lean\);[\s\S]*?\n {2}\);/, '']] },
  },
  'lean-client': {
    about: 'all four of these',
    edits: { [LEAN]: [[/const lean = [\s\S]*?return client;/, 'return client;']] },
  },
  hmac: { about: 'HMAC with Node’s key objects', replaced: '@smithy/core/checksum' },
  'node-modules': { about: 'Node’s modules by process.getBuiltinModule', plugin: 'node-modules' },
  'event-streams': {
    about: 'no event streams',
    replaced: '@smithy/core/event-streams',
    edits: {
      'infra/bundle/checksum.js': [
        [
          /$/,
          "export { Crc32Node as Crc32 } from '../../node_modules/@smithy/core/dist-es/submodules/checksum/crc32/Crc32Node.js';",
        ],
      ],
    },
  },
  'endpoint-cache': { about: 'no endpoint cache', replaced: '@aws-sdk/endpoint-cache' },
  version: {
    about: 'only the version of package.json',
    plugin: 'versions',
  },
  credentials: {
    about: 'credentials from the environment only',
    replaced: '@aws-sdk/credential-provider-node',
  },
  'cache-middleware': {
    about: 'middleware kept for each command',
    edits: { [CLIENTS]: [[/cacheMiddleware: true,/, '']] },
  },
  'abort-context': {
    about: 'the abort signal in an AsyncLocalStorage, not an option of `send`',
    edits: {
      'lib/aws/message-store.ts': [[CALL, WITH_OPTION]],
      'lib/aws/message-topic.ts': [[CALL, WITH_OPTION]],
    },
  },
  'own-connect-timer': {
    about: 'timers of its own for connecting',
    edits: {
      'lib/aws/connections.ts': [[/limited\((agent\.createConnection.*)\);/, '$1;']],
      [CLIENTS]: [[/requestTimeout: /, 'connectionTimeout: 500, requestTimeout: ']],
    },
  },
  'own-retries': {
    about: 'pauses between attempts that end with the call',
    edits: { [CLIENTS]: [[/retryStrategy: .*,/, '']] },
  },
  'crypto-hash': {
    about: 'crypto.hash, not createHash',
    edits: {
      'lib/messages/sms-message.ts': [
        [/hash\('sha256', (.*)\);/, "createHash('sha256').update($1).digest('hex');"],
        [/\{ hash \}/, '{ createHash }'],
      ],
      'lib/messages/message-record.ts': [
        [/hash\('sha256', (JSON.*)\);/, "createHash('sha256').update($1).digest('hex');"],
        [/hash\('sha256', messageId\)/, "createHash('sha256').update(messageId).digest('hex')"],
        [/\{ hash \}/, '{ createHash }'],
      ],
    },
  },
};
