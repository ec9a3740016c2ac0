const DEFAULT_PORT = '3000';

/**
 * Gives `--local` its URL where it has none: the parser would take what follows it, such as the id in
 * `show --local ID`, for the URL.
 */
export function expandLocalOption(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const fallback = `http://localhost:${environment.PORT || DEFAULT_PORT}`;
  return args.map((arg, index) => {
    if (arg !== '--local' || index > end) return arg;
    return isUrl(args[index + 1]) ? arg : `--local=${fallback}`;
  });
}

function isUrl(text = ''): boolean {
  return /^https?:\/\//.test(text);
}
