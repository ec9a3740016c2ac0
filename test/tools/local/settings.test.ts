import { describe, expect, test } from 'vitest';
import { readSettings, variableOf } from '../../../tools/local/settings.ts';

test('the defaults are the documented ones', () => {
  expect(readSettings([], {})).toEqual({
    help: false,
    verbose: false,
    console: true,
    dataDir: undefined,
    packageDir: undefined,
    tokens: 'test',
    edgeSecrets: undefined,
    params: {},
    ports: { http: 3000, sns: 4566, dynamodb: 8000 },
  });
});

test('options and variables override them', () => {
  const environment = {
    PORT: '81',
    SNS_PORT: '2',
    DYNAMODB_PORT: '0',
    WEBHOOK_TOKENS: 'a,b',
    EDGE_SECRETS: 'c,d',
  };
  const args = ['--data', 'd', '--package', 'p', '--verbose'];
  expect(readSettings(args, environment)).toMatchObject({
    verbose: true,
    dataDir: 'd',
    packageDir: 'p',
    tokens: 'a,b',
    edgeSecrets: 'c,d',
    ports: { http: 81, sns: 2, dynamodb: 0 },
  });
});

test('parameters of the deployment are passed on', () => {
  const args = ['--param', 'topicType=fifo', '--param', 'kmsKeyArn=a=b'];
  expect(readSettings(args, {}).params).toEqual({ topicType: 'fifo', kmsKeyArn: 'a=b' });
  expect(() => readSettings(['--param', 'topicType'], {})).toThrow('--param must be NAME=VALUE');
  expect(() => readSettings([...args, '--package', 'p'], {})).toThrow('not with --package');
});

test('the console can be turned off', () => {
  expect(readSettings(['--no-console'], {}).console).toBe(false);
});

test('the functions can be debugged', () => {
  const debugOf = (...args: string[]) => readSettings(args, {}).debug;
  expect(debugOf('--inspect')).toEqual({ port: 9229, waits: false });
  expect(debugOf('--inspect=0', '--verbose')).toEqual({ port: 0, waits: false });
  expect(debugOf('--inspect-brk')).toEqual({ port: 9229, waits: true });
  expect(debugOf('--inspect-brk=9300')).toEqual({ port: 9300, waits: true });
  for (const value of ['x', '', '65536']) {
    expect(() => debugOf(`--inspect=${value}`)).toThrow('--inspect must be a port, 0');
  }
});

test('a tunnel may be given its command', () => {
  const tunnelOf = (...args: string[]) => readSettings(args, {}).tunnel;
  expect(tunnelOf()).toBeUndefined();
  expect(tunnelOf('--tunnel')).toEqual({});
  expect(tunnelOf('--tunnel', '--verbose')).toEqual({});
  expect(tunnelOf('--tunnel=')).toEqual({});
  expect(tunnelOf('--tunnel', 'ssh -R {port}', '--verbose')).toEqual({ command: 'ssh -R {port}' });
  expect(tunnelOf('--tunnel=mine {url}')).toEqual({ command: 'mine {url}' });
  // As npm sets it for `npm start --tunnel`.
  expect(() => readSettings([], { npm_config_tunnel: 'true' })).toThrow('npm start -- --tunnel');
  expect(() => readSettings(['--tunnel'], { EDGE_SECRETS: 'x' })).toThrow(
    '--tunnel does not go with EDGE_SECRETS',
  );
});

test('every port may be 0, which means any free one', () => {
  const environment = { PORT: '0', SNS_PORT: '0', DYNAMODB_PORT: '0' };
  expect(readSettings([], environment).ports).toEqual({ http: 0, sns: 0, dynamodb: 0 });
});

describe('a wrong value is named', () => {
  test.each(['PORT', 'SNS_PORT', 'DYNAMODB_PORT'])('%s', (variable) => {
    for (const value of ['x', '-1', '65536', '3000.5', ' 1']) {
      expect(() => readSettings([], { [variable]: value })).toThrow(
        `${variable} must be a port, 0 (any free one) to 65535, not "${value}".`,
      );
    }
  });

  test.each([1, 4_190, 6_000, 10_080])('a PORT that fetch refuses: %d', async (port) => {
    expect(() => readSettings([], { PORT: String(port) })).toThrow(
      `PORT must not be ${port}: browsers and fetch refuse that port.`,
    );
    const refused = await fetch(`http://127.0.0.1:${port}`).catch((error: Error) => error.cause);
    expect(String(refused)).toContain('bad port');
    expect(readSettings([], { SNS_PORT: String(port) }).ports.sns).toBe(port);
  });

  test('two of one port', () => {
    expect(() => readSettings([], { PORT: '8000' })).toThrow(
      'PORT and DYNAMODB_PORT are both 8000: give each its own port.',
    );
  });

  test.each(['--data', '--package'])('%s without a folder', (option) => {
    for (const args of [[option, ''], [`${option}=`], [option, ' ']]) {
      expect(() => readSettings(args, {})).toThrow(`${option} is empty: name a folder.`);
    }
  });

  test('an unknown option', () => {
    expect(() => readSettings(['--dta'], {})).toThrow("Unknown option '--dta'");
  });
});

test('the variable of a port is found', () => {
  expect(variableOf(4566, readSettings([], {}).ports)).toBe('SNS_PORT');
  expect(variableOf(9230, readSettings(['--inspect'], {}).ports)).toBe('--inspect');
});
