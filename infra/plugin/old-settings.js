import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PARAMETERS, STAGE_DEFAULTS } from './parameters.js';
import { DEFAULT_SERVICE } from './settings-file.js';

/** Where settings were before settings.yml: people edited it in their clone. */
export const OLD_FILE = 'infra/parameters.yml';

/** The value of alarmEmail as it was shipped. */
const FROM_ENVIRONMENT = '${env:ALARM_EMAIL, null}';

/**
 * @param {string} directory
 * @throws {Error} If settings of the version before are still there: a deploy would leave them out.
 */
export function refuseOldSettings(directory) {
  if (!existsSync(join(directory, OLD_FILE))) return;
  throw new Error(
    `${OLD_FILE} is not read any more. Run \`node infra/plugin/move-settings.js\`: it moves what you changed there to settings.yml. See docs/deploy.md#upgrade`,
  );
}

/**
 * What somebody has changed in the files of the version before. It finds them in the folder and in the
 * git history, also in the middle of a merge, a rebase or a `stash pop` that conflicts.
 *
 * @param {string} directory
 * @returns {{ service: string | undefined, sections: Record<string, Record<string, unknown>> }}
 */
export function findOldSettings(directory) {
  const git = gitIn(directory);
  /** The file in the first of these places that has it. */
  const read = (places, file) => {
    for (const place of places) {
      const text = git('show', `${place}:${file}`);
      if (text !== undefined) return text;
    }
    return undefined;
  };
  // The merge that brought this version, if its conflicts have been resolved already.
  const merge = git(
    ...['log', '-m', '--first-parent', '-1', '--format=%H', '--diff-filter=D', '--', OLD_FILE],
  );
  const mergeBase = merge && git('merge-base', `${merge}^1`, `${merge}^2`);
  // In a conflict git keeps three stages of a file: 1 is the base, 2 and 3 are the two sides.
  const users = [':2', ':3', 'HEAD', ...(merge ? [`${merge}^1`] : [])];

  const file = join(directory, OLD_FILE);
  const mine = existsSync(file) ? readFileSync(file, 'utf8') : read(users, OLD_FILE);
  const shipped = read([':1', ...(mergeBase ? [mergeBase] : [])], OLD_FILE);
  return {
    service: users.map((place) => serviceIn(read([place], 'serverless.yml'))).find(Boolean),
    sections: mine ? changes(sectionsOf(mine), shipped && sectionsOf(shipped)) : {},
  };
}

/** The name of the service, if somebody has changed it. */
function serviceIn(text = '') {
  const [, name] = /^service: ([\w-]+)\s*$/m.exec(text) ?? [];
  return name === DEFAULT_SERVICE ? undefined : name;
}

/** The parameters of each stage that are not as they were shipped. */
function changes(mine, shipped) {
  const changed = Object.entries(mine).map(([stage, section]) => {
    const base = shipped ? shipped[stage] : builtIn(stage);
    const own = Object.entries(section ?? {}).filter(
      ([name, value]) => value !== FROM_ENVIRONMENT && String(value) !== String(base?.[name] ?? ''),
    );
    return [stage, Object.fromEntries(own)];
  });
  return Object.fromEntries(changed.filter(([, section]) => Object.keys(section).length > 0));
}

function builtIn(stage) {
  if (stage !== 'default') return STAGE_DEFAULTS[stage];
  return Object.fromEntries(
    Object.entries(PARAMETERS).map(([name, { fallback }]) => [name, fallback]),
  );
}

function sectionsOf(text) {
  return createRequire(import.meta.url)('yaml').parse(text, { schema: 'failsafe', merge: true });
}

/** Runs git; undefined if it has no answer, as in a folder that is no clone. */
function gitIn(directory) {
  return (...args) => {
    try {
      const options = { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
      return execFileSync('git', args, /** @type {any} */ (options)).trim() || undefined;
    } catch {
      return undefined;
    }
  };
}
