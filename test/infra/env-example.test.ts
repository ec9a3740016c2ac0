import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadDotenv, saveToken } from '../../infra/plugin/dotenv.js';
import { parametersOf } from '../../infra/plugin/settings.js';
import { edgeSecretHashes, tokenHashes } from '../../infra/plugin/webhook-tokens.js';
import { temporaryDir } from '../tools/local/temporary-dir.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLE = readFileSync(join(ROOT, '.env.example'), 'utf8');
const TOKEN = 'abcdefghijklmnopqrstuvwxyz';

/** Variables that are read before the file, or without it by the local stack. */
const ELSEWHERE = [
  ...['INBOUND_SMS_STAGE', 'INBOUND_SMS_PROJECT'],
  ...['PORT', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'],
];

/** The variables that the source of the deploy and the command line reads. */
function variablesRead(): Set<string> {
  const folders = ['infra/plugin', 'tools/cli'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.[jt]s$/.test(name))
      .map((name) => join(folder, name)),
  );
  const names = ['infra/region.js', ...folders].flatMap((file) => {
    const code = readFileSync(join(ROOT, file), 'utf8').replace(
      /\/\*\*[\s\S]*?\*\/|\s\/\/ .*/g,
      '',
    );
    const members = code.matchAll(/\b(?:process\.env|environment)\.([A-Z][A-Z0-9_]*)/g);
    const destructured = code.matchAll(/\{([^{}]*)\} = (?:process\.env|environment)\b/g);
    const quoted = code.matchAll(/'((?:AWS|HTTPS?|NO)_[A-Z_]+)'|\/\^(AWS_[A-Z_]*[A-Z])\(/g);
    return [
      ...[...members].map(([, name]) => name),
      ...[...destructured].flatMap(([, list = '']) => list.match(/[A-Z][A-Z0-9_]+/g) ?? []),
      ...[...quoted].map(([, name, pattern]) => name ?? pattern),
    ];
  });
  return new Set(
    names.filter((name) => name !== undefined && !ELSEWHERE.includes(name)) as string[],
  );
}

/** A folder whose `.env` is a copy of the example. */
async function copied(name = '.env'): Promise<string> {
  const directory = await temporaryDir();
  await copyFile(join(ROOT, '.env.example'), join(directory, name));
  return directory;
}

describe('.env.example', () => {
  const lines = EXAMPLE.trimEnd().split('\n');
  const entries = lines.flatMap((line, index) => {
    const [, hash, name, value] = /^(#?)([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    return name ? [{ name, value, isSet: hash === '', above: lines[index - 1] ?? '' }] : [];
  });

  it('has exactly the variables that are read, each once', () => {
    const read = variablesRead();
    expect(read).toContain('WEBHOOK_TOKENS');
    expect(entries.map(({ name }) => name).toSorted()).toEqual([...read].toSorted());
  });

  it('describes each in the line above', () => {
    for (const { name, above } of entries) expect(above, name).toMatch(/^# [A-Z].{10,}/);
  });

  it('sets no value', () => {
    expect(parseEnv(EXAMPLE)).toEqual({ WEBHOOK_TOKENS: '' });
    expect(entries.filter(({ isSet }) => isSet).map(({ value }) => value)).toEqual(['']);
  });
});

describe('a copy of .env.example', () => {
  it('has no token and no edge, and a deploy still asks for the alarms’ address', async () => {
    const environment: Record<string, string | undefined> = {};
    loadDotenv('prod', await copied(), environment);
    expect(() => tokenHashes(environment.WEBHOOK_TOKENS)).toThrow('WEBHOOK_TOKENS is not set.');
    expect(edgeSecretHashes({ secrets: environment.EDGE_SECRETS })).toBe('');
    expect(parametersOf(undefined, 'prod', environment).alarmEmail).toBeUndefined();
  });

  it('is filled in by `inbound-sms token --save`, and asks once for the address', async () => {
    const directory = await copied();
    saveToken(directory, '.env', TOKEN);
    const text = await readFile(join(directory, '.env'), 'utf8');
    expect(text).toBe(EXAMPLE.replace('WEBHOOK_TOKENS=', `WEBHOOK_TOKENS=${TOKEN}`));
  });
});

describe('a stage with the name example', () => {
  it('reads .env, because .env.example is not its file', async () => {
    const directory = await copied('.env.example');
    saveToken(directory, '.env', TOKEN);
    const environment: Record<string, string | undefined> = {};
    loadDotenv('example', directory, environment);
    expect(environment.WEBHOOK_TOKENS).toBe(TOKEN);
  });

  it('saves no token in .env.example, which git does not ignore', async () => {
    const directory = await copied('.env.example');
    expect(() => saveToken(directory, '.env.example', TOKEN)).toThrow('git does not ignore');
    expect(await readFile(join(directory, '.env.example'), 'utf8')).toBe(EXAMPLE);
  });
});
