/** A change of the SDK: the functions reach into it, or leave a part of it out. */
export interface Trick {
  readonly about: string;
  /** The part that infra/bundle leaves out: a key of `REPLACED`. */
  readonly replaced?: string;
  /** The name of its plugin of infra/bundle. */
  readonly plugin?: string;
  /** The code without it: the replacements in each file. */
  readonly edits?: Readonly<Record<string, readonly (readonly [RegExp, string])[]>>;
}

const LEAN = 'lib/aws/sdk/lean-client.ts';
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
  'user-agent': {
    about: 'a fixed user agent',
    edits: { [LEAN]: [[/fixUserAgent\(lean\);/, '']] },
  },
  hmac: { about: 'HMAC with Node’s key objects', replaced: '@smithy/core/checksum' },
  'node-modules': { about: 'Node’s modules by process.getBuiltinModule', plugin: 'node-modules' },
  'event-streams': {
    about: 'no event streams',
    replaced: '@smithy/core/event-streams',
    // The imports from the checksums, which are never used here.
    edits: { 'lib/aws/sdk/checksum.ts': [[/$/, 'export class Crc32 {}']] },
  },
  'endpoint-cache': { about: 'no endpoint cache', replaced: '@aws-sdk/endpoint-cache' },
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
};
