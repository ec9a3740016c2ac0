import { readFileSync } from 'node:fs';

/** The version of this tool, which is that of the service beside it. */
export function toolVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}
