/** Told of what fails and what goes on all the same: `what` is what the console was about to do. */
export type ReportFailure = (what: string, error: unknown) => void;

/** For the operator, who sees the terminal; the page says only that something failed. */
export const reportOnStderr: ReportFailure = (what, error) => {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  console.error(`The console cannot ${what}: ${name}: ${message}`);
};
