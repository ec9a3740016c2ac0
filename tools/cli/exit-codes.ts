/** How a command ends, for scripts. docs/cli.md has the same table; a test holds the two together. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  notAllowed: 4,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export type FailureCode = Exclude<ExitCode, typeof EXIT.done>;

/** What each code means, for people. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT.done]: 'done',
  [EXIT.failed]: 'failed',
  [EXIT.usage]: 'wrong usage',
  [EXIT.notFound]: 'no such stage, stack or message',
  [EXIT.notAllowed]: 'no credentials, or not allowed',
  [EXIT.interrupted]: 'stopped with Ctrl-C',
};
