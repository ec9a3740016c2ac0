import { describe, expect, it } from 'vitest';
import { EXIT_MEANINGS } from '../../../tools/cli/cli-error.ts';
import { createProgram, main } from '../../../tools/cli/main.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { runCli } from './run-cli.ts';

const { commands } = await createProgram(fakeTerminal().runtime);
const NAMES = commands.map((command) => command.name());
/** Every command and subcommand: `list`, `secret set`. */
const EACH = commands.flatMap((command) => [
  { name: command.name(), command, options: command.options },
  ...command.commands.map((inner) => ({
    name: `${command.name()} ${inner.name()}`,
    command: inner,
    // It shares those of the outer one.
    options: [...inner.options, ...command.options],
  })),
]);
const EACH_NAME = EACH.map(({ name }) => name);
const named = (wanted: string) => EACH.find(({ name }) => name === wanted) ?? expect.unreachable();
const MEANINGS = Object.entries(EXIT_MEANINGS).map(([code, meaning]) => `${code} ${meaning}`);

describe('--help', () => {
  it('names every command and every exit code', async () => {
    const { code, stdout, stderr } = await runCli(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(NAMES.length).toBeGreaterThan(4);
    for (const name of [...NAMES, 'help']) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    expect(stdout).toMatch(/^ {2}help \[command\] +show the help of a command$/m);
    for (const meaning of MEANINGS) expect(stdout).toContain(meaning);
  });

  it.each(EACH_NAME)('of %s names every option and argument, and has examples', async (name) => {
    const { code, stdout, stderr } = await runCli([...name.split(' '), '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { command } = named(name);
    const options = named(name).options.map(({ long = '' }) => long);
    expect(options).toContain('--json');
    for (const option of [...options, '--help']) {
      expect(stdout).toMatch(new RegExp(`^ {2}(-\\w, )?${option}[ \\n]`, 'm'));
    }
    for (const argument of command.registeredArguments) {
      expect(stdout).toMatch(new RegExp(`^ {2}${argument.name()} `, 'm'));
    }
    expect(examplesIn(stdout).length).toBeGreaterThan(0);
    for (const meaning of MEANINGS) expect(stdout).toContain(meaning);
  });

  it.each(EACH_NAME)('of %s has only examples that are right', async (name) => {
    const { runtime, readErrors } = fakeTerminal();
    const help = named(name).command;
    let text = '';
    help.configureOutput({
      writeOut: (part) => {
        text += part;
      },
    });
    help.outputHelp();
    for (const args of examplesIn(text)) {
      const program = await createProgram(runtime);
      let parsed = false;
      for (const command of program.commands) {
        for (const each of [command, ...command.commands]) {
          each.action(() => {
            parsed = true;
          });
        }
      }
      program.parse(args, { from: 'user' });
      expect(parsed, `${args.join(' ')}\n${readErrors()}`).toBe(true);
    }
  });
});

/** The arguments of each example, up to where its input or output is redirected. */
function examplesIn(help: string): string[][] {
  return [...help.matchAll(/^ {4}bin\/inbound-sms (.+)$/gm)].map(([, line = '']) =>
    (line.split(/ [|<>] /)[0] ?? '').split(' '),
  );
}

it.each(['subscribers', 'secret'])('`%s help` prints the same as its --help', async (name) => {
  const { code, stdout } = await runCli([name, 'help']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: (await runCli([name, '--help'])).stdout });
});

const REPEATABLE = new Set(['--field', '--set']);

describe('an option that is given twice', () => {
  const single = EACH.flatMap(({ name, options }) =>
    options
      .filter(
        ({ required, optional, long }) => (required || optional) && !REPEATABLE.has(long ?? ''),
      )
      .map(({ long = '', argChoices }) => [name, long, argChoices?.[0]] as const),
  );
  const VALUES: Readonly<Record<string, string>> = {
    '--since': '1d',
    '--until': '1d',
    '--after': '1/a',
    '--url': 'http://localhost/',
    '--local': 'http://localhost/',
    '--topic-arn': 'arn:aws:sns:us-east-1:123456789012:topic',
  };

  it.each(single)('is refused: %s %s', async (name, option, choice) => {
    const { runtime, readErrors } = fakeTerminal();
    const path = name.split(' ');
    const program = await createProgram(runtime, path);
    const value = `${option}=${choice ?? VALUES[option] ?? 1}`;
    expect(() => program.parse([...path, value, value], { from: 'user' })).toThrow();
    expect(readErrors()).toMatch(new RegExp(`^error: option '${option} .*' is given twice\n`));
  });

  it('is refused where its values differ, or its name', async () => {
    const numbers = ['list', '--from', '0412345678', '--from', '0412345679'];
    const profiles = ['list', '--profile', 'a', '--aws-profile', 'b'];
    for (const args of [numbers, profiles]) {
      const { code, stdout, stderr } = await runCli(args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('is given twice\nSee: bin/inbound-sms list --help');
    }
  });
});

describe('wrong usage', () => {
  it.each([
    [[], 'Usage: inbound-sms COMMAND'],
    [['lst'], "error: unknown command 'lst'\n(Did you mean list?)\nSee: bin/inbound-sms --help\n"],
    [
      ['list', '--sine', '1d'],
      "error: unknown option '--sine'\n(Did you mean --since?)\nSee: bin/inbound-sms list --help\n",
    ],
    [
      ['help', 'lst'],
      "error: unknown command 'lst'\n(Did you mean list?)\nSee: bin/inbound-sms --help\n",
    ],
    [['lst', '--help'], "error: unknown command 'lst'\n(Did you mean list?)\n"],
    [
      ['subscribers', 'tset'],
      "error: unknown command 'tset'\n(Did you mean test?)\nSee: bin/inbound-sms subscribers --help\n",
    ],
    [['subscribers', 'crm'], "error: unknown command 'crm'\n(The commands are test, confirm.)\n"],
    [['list', 'extra'], 'error: too many arguments'],
    [['list', '--stage'], "error: option '--stage <stage>' argument missing"],
    [
      ['list', '--local', '--stage', 'prod'],
      "option '--local [url]' cannot be used with option '--stage",
    ],
    ...['stack', 'region', 'profile'].map((option): [string[], string] => [
      ['list', '--local', `--${option}`, 'x'],
      `option '--local [url]' cannot be used with option '--${option}`,
    ]),
    ...['here', 'ftp://x', '99999'].map((address): [string[], string] => [
      ['list', '--local', address],
      `error: --local needs a URL such as http://localhost:3000, or a port such as 3000, not "${address}".\n`,
    ]),
    [['show', '--local', '3950', 'id'], 'Write --local=3950 for the port, or put 3950 before'],
    [['list', '--stage', 'local'], 'error: The stage "local" is never deployed.\nUse --local'],
  ])('%j ends with 2 and says what is wrong', async (args, message) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});

describe('an empty value', () => {
  /** Of `send`: a withheld number, a message without words. */
  const MAY_BE_EMPTY = ['--from', '--to', '--body'];
  // `secret` alone shows its help: its subcommands have the same options.
  const valued = EACH.filter(({ name }) => name !== 'secret').flatMap(({ name, options }) =>
    options
      .filter((option) => option.required || option.optional)
      .map(({ long = '' }): [string, string] => [name, long]),
  );
  const isRefused = ([name, option]: [string, string]) =>
    name !== 'send' || !MAY_BE_EMPTY.includes(option);

  it.each([...valued.filter(isRefused), ['any', '--aws-profile']])(
    'is refused: %s %s=',
    async (name, option) => {
      const command = name === 'any' ? 'list' : name;
      const { registeredArguments, options } = named(command).command;
      const needed = [
        ...registeredArguments.filter(({ required }) => required).map(() => 'x'),
        ...options
          .filter(({ mandatory, long }) => mandatory && long !== option)
          .map(({ long }) => `${long}=http://localhost:9/`),
      ];
      for (const given of [[`${option}=`], [option, ''], [option, ' ']]) {
        const { runtime, readErrors } = fakeTerminal();
        const code = await main([...command.split(' '), ...given, ...needed], runtime);
        expect({ given, code }).toEqual({ given, code: 2 });
        expect(readErrors()).toMatch(
          new RegExp(`${option.replace('aws-', '')}\\b.*( is empty| is invalid| must be )`, 's'),
        );
      }
    },
  );

  it.each(['show', 'replay', 'forget'])('is refused as an argument of %s', async (name) => {
    const { runtime, readErrors } = fakeTerminal();
    expect(await main([name, ''], runtime)).toBe(2);
    expect(readErrors()).toContain('An argument is empty.');
  });
});

it.each([
  ['--timeout', ['0', '0.0001', '99999999999'], 'seconds from 0.001 to 99999.999'],
  ['--retry-delay', ['0.0001', '99999999999'], 'seconds from 0 to 99999.999'],
])('send %s names its limits', async (option, values, limits) => {
  for (const value of values) {
    const { runtime, readErrors } = fakeTerminal();
    expect(await main(['send', option, value], runtime)).toBe(2);
    expect(readErrors()).toContain(limits);
  }
});

it('help explains a command as its --help does', async () => {
  const { code, stdout } = await runCli(['help', 'list']);
  expect(code).toBe(0);
  expect(stdout).toBe((await runCli(['list', '--help'])).stdout);
});

it('--version is that of the package', async () => {
  expect(await runCli(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});
