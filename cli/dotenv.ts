import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/**
 * Adds the variables of `.env.STAGE` or, where there is none, of `.env`, as `serverless` does. One that
 * is set already stays as it is.
 */
export function loadDotenv(
  stage: string,
  directory: string,
  environment: Record<string, string | undefined>,
): void {
  const text =
    readIfThere(join(directory, `.env.${stage}`)) ?? readIfThere(join(directory, '.env'));
  for (const [name, value] of Object.entries(parseEnv(text ?? ''))) environment[name] ??= value;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
