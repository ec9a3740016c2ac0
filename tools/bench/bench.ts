/** `npm run bench -- NAME`: the commands that measure the service, and those that try to break it. */
import { Command, CommanderError } from '@commander-js/extra-typings';
import type { BenchCommand } from './command.ts';

/** The commands by purpose: the module of each, and a line for the list. */
const GROUPS: Readonly<
  Record<string, Readonly<Record<string, readonly [file: string, about: string]>>>
> = {
  'To measure:': {
    compare: ['./compare.ts', 'the shipped bundle beside three others that do the same job'],
    cost: ['./cost.ts', 'what a million messages cost, and a month without any'],
    flood: ['./flood.ts', 'what a leaked URL costs a day, and what a flood does to the PBX'],
    forward: ['./forward.ts', 'how fast the forwarder delivers to each kind of subscriber'],
    growth: [
      './growth.ts',
      'whether posts, sweeps, list, stats and export slow down as the table grows',
    ],
    load: ['./load.ts', 'how many posts the local stack takes a second, and how long they wait'],
    tricks: ['./tricks.ts', 'what each trick around the SDK and the bundler brings by itself'],
    'start-time': ['./start-time.ts', 'how long `npm start` takes until the webhook answers 200'],
    scroll: [
      './browser/scroll.ts',
      'how smoothly the console scrolls through thousands of messages',
    ],
    memory: ['./browser/memory.ts', 'what a long session of the local stack and the console keeps'],
    screenshots: [
      './browser/screenshots.ts',
      'takes the pictures of the console for the documents',
    ],
  },
  'To break it:': {
    soak: ['../proof/soak.ts', 'load and faults, and afterwards: was anything lost?'],
    fuzz: ['../proof/fuzz.ts', 'bodies of every kind: no 5xx, and a 200 only for what is stored'],
    backlog: [
      '../proof/backlog.ts',
      'a backlog drained by two sweeps at once, each record published once',
    ],
  },
};

const program = new Command('npm run bench --')
  .usage('NAME [options]')
  .description(
    'Measures the service on this machine, or tries to break it. Needs no AWS account.\n' +
      'Each command explains its options: npm run bench -- NAME --help',
  )
  .helpOption('-h, --help', 'show this')
  .helpCommand(false)
  .exitOverride();

const args = process.argv.slice(2);
for (const [group, commands] of Object.entries(GROUPS)) {
  program.commandsGroup(group);
  for (const [name, [file, about]] of Object.entries(commands)) {
    if (name !== args[0]) program.command(name).usage(' ').description(about);
    else {
      // Loads only the command that runs. Not a literal, because browser/ has its own type check.
      const { command }: { command: BenchCommand } = await import(file);
      program.addCommand(command.name(name).copyInheritedSettings(program));
    }
  }
}

try {
  if (args.length === 0) program.outputHelp();
  else await program.parseAsync(args, { from: 'user' });
} catch (error) {
  if (!(error instanceof CommanderError)) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  } else if (error.exitCode !== 0) process.exitCode = 1;
}
