import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { MIN_TOKEN_LENGTH } from '../../lib/redact.ts';

interface Plugin {
  readonly MIN_TOKEN_LENGTH: number;
  tokenHashes(tokens: string | undefined, options?: { minLength?: number }): string;
}
const plugin = await vi.importActual<Plugin>('../../infra/plugin/webhook-tokens.js');
const { tokenHashes } = plugin;

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

describe('tokens that are accepted', () => {
  it('become their SHA-256', () => {
    expect(tokenHashes(ONE)).toBe(sha256(ONE));
  });

  it('may be several, in order', () => {
    expect(tokenHashes(`${TWO},${ONE}`)).toBe(`${sha256(TWO)},${sha256(ONE)}`);
  });

  it('may have space and spare commas around them', () => {
    expect(tokenHashes(` ${ONE} ,, ${TWO}\n,`)).toBe(`${sha256(ONE)},${sha256(TWO)}`);
  });

  it('may be as short as the caller says', () => {
    expect(tokenHashes('test', { minLength: 1 })).toBe(sha256('test'));
  });
});

describe('tokens that are refused', () => {
  it.each([undefined, '', '  ', ' , ,'])('%j is none', (tokens) => {
    expect(messageFor(tokens)).toMatch(/^WEBHOOK_TOKENS is not set\./);
  });

  it('may lack one character', () => {
    expect(messageFor(ONE.slice(1))).toMatch(/^WEBHOOK_TOKENS has 21 characters; at least 22 /);
  });

  it.each(['/', '?', '#', '%', '+', ' ', 'é', '\n', '"'])('may hold %j', (char) => {
    expect(messageFor(`${ONE}${char}${ONE}`)).toMatch(/^WEBHOOK_TOKENS may hold only letters/);
  });

  it('may be the same', () => {
    expect(messageFor(`${ONE}, ${ONE}`)).toMatch(/^WEBHOOK_TOKENS names the same token twice\./);
  });

  it('are counted if there are several', () => {
    expect(messageFor(`${ONE},short`)).toMatch(/^Token 2 in WEBHOOK_TOKENS has 5 characters;/);
    expect(messageFor(`${ONE}/,${TWO}`)).toMatch(/^Token 1 in WEBHOOK_TOKENS may hold only/);
  });
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
    expect(messageFor(undefined)).toContain('crypto.randomBytes(24)');
  });
});

it('asks for what the redaction takes for a token', () => {
  expect(plugin.MIN_TOKEN_LENGTH).toBe(MIN_TOKEN_LENGTH);
});
