import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { MIN_TOKEN_LENGTH } from '../../lib/http/find-tokens.ts';

const run = promisify(execFile);

interface Plugin {
  readonly MIN_TOKEN_LENGTH: number;
  readonly MAX_TOKENS: number;
  currentToken(tokens: string | undefined): string | undefined;
  edgeSecretHashes(variables: { secrets?: string; tokens?: string }): string;
  secretLengths(secrets: string | undefined): string;
  tokenHashes(tokens: string | undefined, options?: { minLength?: number }): string;
}
const plugin = await vi.importActual<Plugin>('../../infra/plugin/webhook-tokens.js');
const { tokenHashes, edgeSecretHashes, secretLengths, currentToken } = plugin;

const ONE = 'abcdefghijklmnopqrst._';
const TWO = 'ABCDEFGHIJKLMNOPQRS0~-';
const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');

function messageFor(tokens: string | undefined): string {
  try {
    tokenHashes(tokens);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('It was accepted');
}

describe('accepted tokens', () => {
  it('become their SHA-256 and length', () => {
    expect(tokenHashes(ONE)).toBe(sha256(ONE));
    expect(secretLengths(ONE)).toBe('22');
  });

  it('may be several, in order', () => {
    expect(tokenHashes(`${TWO},${ONE}`)).toBe(`${sha256(TWO)},${sha256(ONE)}`);
  });

  it('may have spaces and superfluous commas around them', () => {
    expect(tokenHashes(` ${ONE} ,, ${TWO}\n,`)).toBe(`${sha256(ONE)},${sha256(TWO)}`);
    expect(secretLengths(` ${ONE} ,, ${TWO}0\n,`)).toBe('22,23');
    expect(secretLengths(undefined)).toBe('');
  });

  it('may be as short as the caller allows', () => {
    expect(tokenHashes('test', { minLength: 1 })).toBe(sha256('test'));
  });
});

describe('refused tokens', () => {
  it.each([undefined, '', '  ', ' , ,'])('include %j', (tokens) => {
    expect(messageFor(tokens)).toMatch(/^WEBHOOK_TOKENS is not set\./);
  });

  it('may lack one character', () => {
    expect(messageFor(ONE.slice(1))).toMatch(/^WEBHOOK_TOKENS has 21 characters, and at least 22 /);
  });

  it.each(['/', '?', '#', '%', '+', ' ', 'é', '\n', '"'])('may hold %j', (char) => {
    expect(messageFor(`${ONE}${char}${ONE}`)).toMatch(/^WEBHOOK_TOKENS may hold only letters/);
  });

  it('may be the same', () => {
    expect(messageFor(`${ONE}, ${ONE}`)).toMatch(/^WEBHOOK_TOKENS names the same token twice\./);
  });

  it('are counted if there are several', () => {
    expect(messageFor(`${ONE},short`)).toMatch(
      /^Token 2 in WEBHOOK_TOKENS has 5 characters, and at least/,
    );
    expect(messageFor(`${ONE}/,${TWO}`)).toMatch(/^Token 1 in WEBHOOK_TOKENS may hold only/);
  });
});

it('are refused if they do not fit the function’s environment', () => {
  const tokens = Array.from({ length: plugin.MAX_TOKENS + 1 }, (_, index) => `${ONE}${index}`);
  expect(messageFor(tokens.join(','))).toBe(
    'WEBHOOK_TOKENS has 11 tokens, and at most 10 are allowed',
  );
  expect(tokenHashes(tokens.slice(1).join(',')).split(',')).toHaveLength(10);
});

describe('an error', () => {
  it.each([['short-secret'], [`secret/${ONE}`], [`${ONE},${ONE}`], [`${ONE},short-secret`]])(
    'for %j never holds a token',
    (tokens) => {
      const message = messageFor(tokens);
      for (const token of tokens.split(',')) expect(message).not.toContain(token);
    },
  );

  it('says how to make one', () => {
    expect(messageFor(undefined)).toContain('bin/inbound-sms token');
  });
});

it('the current token is the last one', () => {
  expect(currentToken(`${ONE}, ${TWO} ,`)).toBe(TWO);
  expect(currentToken(' ,')).toBeUndefined();
  expect(currentToken(undefined)).toBeUndefined();
});

describe('the secrets of an edge', () => {
  const messageOf = (secrets: string, tokens = 'a-token-of-the-webhook') => {
    try {
      edgeSecretHashes({ secrets, tokens });
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('They were accepted');
  };

  it('become their SHA-256 and lengths, in order; there may be none', () => {
    const hashes = `${sha256(ONE)},${sha256(TWO)}`;
    expect(edgeSecretHashes({ secrets: `${ONE}, ${TWO}` })).toBe(hashes);
    for (const secrets of [undefined, '', ' , ']) {
      expect(edgeSecretHashes(secrets === undefined ? {} : { secrets })).toBe('');
    }
  });

  it.each([
    [ONE.slice(1), /^EDGE_SECRETS has 21 characters, and at least 22 are needed/],
    [`${ONE}/`, /^EDGE_SECRETS may hold only letters, .* the value of a header\./],
    [`${ONE},short`, /^Secret 2 in EDGE_SECRETS has 5 characters, and at least/],
    [`${ONE},${ONE}`, /^EDGE_SECRETS names the same secret twice\./],
    [
      Array.from({ length: 11 }, (_, n) => `${ONE}${n}`).join(','),
      /^EDGE_SECRETS has 11 secrets, and at most 10 are allowed$/,
    ],
  ])('%s are refused like weak tokens, and never shown', (secrets, message) => {
    expect(messageOf(secrets)).toMatch(message);
    expect(messageOf(secrets)).not.toContain(ONE);
  });

  it('must not be a token, because the PBX knows it', () => {
    const message = messageOf(`${TWO}, ${ONE}`, `other, ${ONE}`);
    expect(message).toMatch(/^EDGE_SECRETS has a value of WEBHOOK_TOKENS, which the PBX knows\. /);
    expect(message).not.toContain(ONE);
  });
});

it('bin/inbound-sms token makes another one each time', async () => {
  const make = async () => (await run('bin/inbound-sms', ['token'])).stdout;
  const [one, two] = [await make(), await make()];
  expect(one).toMatch(/^[A-Za-z0-9_-]{32}\n$/);
  expect(tokenHashes(one)).toBe(sha256(one.trim()));
  expect(two).not.toBe(one);
});

it('requires the length that redaction needs', () => {
  expect(plugin.MIN_TOKEN_LENGTH).toBe(MIN_TOKEN_LENGTH);
});
