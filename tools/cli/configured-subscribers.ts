import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSettings } from '../../infra/plugin/check-settings.js';
import { SETTINGS_FILE } from '../../infra/plugin/settings.js';
import { readSubscribers, type Subscriber } from '../../infra/plugin/subscribers.js';
import type { Runtime } from './runtime.ts';
import type { Stack } from './stack.ts';

/**
 * The subscribers that settings.yml has for the stage of a stack. Nothing if there is no such file, or
 * if the stack is another service's.
 *
 * @throws {Error} It names the file and the line.
 */
export function configuredSubscribers(
  { stage, outputs }: Pick<Stack, 'stage' | 'outputs'>,
  { projectDirectory }: Pick<Runtime, 'projectDirectory'>,
): readonly Subscriber[] | undefined {
  if (stage === undefined || !existsSync(join(projectDirectory, SETTINGS_FILE))) return undefined;
  return readSubscribers(readSettings(projectDirectory), stage, outputs.MessageFormat);
}
