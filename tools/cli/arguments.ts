const DEFAULT_PORT = '3000';

/** How `serverless` calls an option of ours. Both work in both. */
const OTHER_NAMES: Readonly<Record<string, string>> = { '--aws-profile': '--profile' };

/**
 * The arguments as the parser takes them: other names of options become ours, and `--local` gets its URL
 * where it has none. The parser would take what follows `--local`, such as the id in `show --local ID`,
 * for the URL.
 */
export function readArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const fallback = `http://localhost:${environment.PORT || DEFAULT_PORT}`;
  return args.map((arg, index) => {
    if (index > end) return arg;
    if (arg === '--local' && !isAddress(args[index + 1])) return `--local=${fallback}`;
    const [name = '', ...value] = arg.split('=');
    return [OTHER_NAMES[name] ?? name, ...value].join('=');
  });
}

/** A URL, or an address of this machine as people write it: `localhost:3500`. */
function isAddress(text = ''): boolean {
  return /^https?:\/\//.test(text) || /^(localhost|[\d.]+|\[[\da-f:]+\]):\d{1,5}$/.test(text);
}
