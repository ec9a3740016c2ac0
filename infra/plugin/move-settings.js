/** Run by people. Moves their changes in the files of an older version to settings.yml. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gitIn } from '../git.js';
import { readSettings } from './check-settings.js';
import { PARAMETERS, STAGE_DEFAULTS } from './parameters.js';
import { DEFAULT_SERVICE, LOCAL_STAGE, OLD_FILE, SETTINGS_FILE } from './settings.js';

/** @typedef {Record<string, Record<string, unknown> | null>} Sections The parameters by stage. */

/** The value of alarmEmail in the older version. */
const FROM_ENVIRONMENT = '${env:ALARM_EMAIL, null}';

/** @type {typeof import('yaml')} */
const yaml = createRequire(import.meta.url)('yaml');
const directory = process.cwd();
const path = (/** @type {string} */ name) => join(directory, name);

main();

function main() {
  const { service, sections } = findOldSettings();
  const { [LOCAL_STAGE]: local, ...stages } = sections;
  if (local) {
    const options = Object.entries(local).map(([name, value]) => `--param ${name}=${value}`);
    console.log(
      `\`npm start\` reads no file any more. Start it with: npm start -- ${options.join(' ')}`,
    );
  }
  if (service || Object.keys(stages).length > 0) move(service, stages);
  else
    console.log(
      'Nothing was changed in the files of the version before: there is nothing to move.',
    );
  if (process.exitCode === undefined) clearConflict();
}

/**
 * The user's changes in the files of the version before. Looks in the folder and in the git history, also
 * during a merge, a rebase or a `stash pop` with conflicts.
 */
function findOldSettings() {
  const git = gitIn(directory);
  /**
   * Reads the file from the first of these places that has it. @param {string[]} places @param {string}
   * file
   */
  const read = (places, file) => {
    for (const place of places) {
      const text = git('show', `${place}:${file}`);
      if (text !== undefined) return text;
    }
    return undefined;
  };
  // The merge that brought this version, if its conflicts are resolved already.
  const merge = git(
    ...['log', '-m', '--first-parent', '-1', '--format=%H', '--diff-filter=D', '--', OLD_FILE],
  );
  const mergeBase = merge && git('merge-base', `${merge}^1`, `${merge}^2`);
  // During a conflict, git keeps three stages of a file: 1 is the base, 2 and 3 are the two sides.
  const users = [':2', ':3', 'HEAD', ...(merge ? [`${merge}^1`] : [])];

  const file = path(OLD_FILE);
  const mine = existsSync(file) ? readFileSync(file, 'utf8') : read(users, OLD_FILE);
  const shipped = read([':1', ...(mergeBase ? [mergeBase] : [])], OLD_FILE);
  return {
    service: users.map((place) => serviceIn(read([place], 'serverless.yml'))).find(Boolean),
    sections: mine ? changes(sectionsOf(mine), shipped ? sectionsOf(shipped) : builtIn()) : {},
  };
}

/** The service's name, if the user has changed it. */
function serviceIn(text = '') {
  const [, name] = /^service: ([\w-]+)\s*$/m.exec(text) ?? [];
  return name === DEFAULT_SERVICE ? undefined : name;
}

/** Each stage's parameters that the user has changed. @param {Sections} mine @param {Sections} shipped */
function changes(mine, shipped) {
  const changed = Object.entries(mine).map(([stage, section]) => {
    const own = Object.entries(section ?? {}).filter(
      ([name, value]) =>
        value !== FROM_ENVIRONMENT && String(value) !== String(shipped[stage]?.[name] ?? ''),
    );
    return /** @type {const} */ ([stage, Object.fromEntries(own)]);
  });
  return Object.fromEntries(changed.filter(([, section]) => Object.keys(section).length > 0));
}

/** @returns {Sections} */
function builtIn() {
  const fallbacks = Object.entries(PARAMETERS).map(([name, { fallback }]) => [name, fallback]);
  return { ...STAGE_DEFAULTS, default: Object.fromEntries(fallbacks) };
}

/** @param {string} text @returns {Sections} */
function sectionsOf(text) {
  return yaml.parse(text, { schema: 'failsafe', merge: true });
}

/** @param {string | undefined} service @param {Record<string, Record<string, unknown>>} stages */
function move(service, stages) {
  const text = yaml.stringify({ ...(service && { service }), ...stages }, { schema: 'failsafe' });
  try {
    if (existsSync(path(SETTINGS_FILE))) {
      if (isThere(service, stages)) {
        console.log(`All that was changed is in ${SETTINGS_FILE} already.`);
        return;
      }
      throw new Error(
        `${SETTINGS_FILE} is there already. Add this to it, then run this again:\n\n${text}`,
      );
    }
    writeFileSync(path(SETTINGS_FILE), text);
    console.log(`Moved to ${SETTINGS_FILE}:\n\n${text}`);
    readSettings(directory);
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exitCode = 1;
  }
}

/**
 * Whether settings.yml has each setting, with this value or with one that the user has chosen since.
 *
 * @param {string | undefined} service @param {Record<string, Record<string, unknown>>} stages
 */
function isThere(service, stages) {
  const file = readSettings(directory);
  return (
    (service === undefined || service === file.service) &&
    Object.entries(stages).every(([stage, section]) =>
      Object.keys(section).every((parameter) => file.sections[stage]?.[parameter]),
    )
  );
}

/** Removes the old file, and the conflict about its line in serverless.yml. */
function clearConflict() {
  rmSync(path(OLD_FILE), { force: true });
  const before = readFileSync(path('serverless.yml'), 'utf8');
  // The new side of each conflict is the one that reads settings.yml.
  const after = before.replace(
    /^<<<<<<< .*\n([\s\S]*?)^(?:\|\|\|\|\|\|\| .*\n[\s\S]*?^)?=======\n([\s\S]*?)^>>>>>>> .*\n/gm,
    (whole, ...sides) =>
      sides.slice(0, 2).find((side) => side.includes('serverless-config.js')) ?? whole,
  );
  if (after !== before) writeFileSync(path('serverless.yml'), after);
  if (/^<<<<<<< /m.test(after)) {
    console.error('serverless.yml has another conflict: resolve it.');
    process.exitCode = 1;
  }
  console.log(
    'Go on with `git add -A infra serverless.yml`. `git commit` then ends a merge, `git rebase --continue` a rebase and `git stash drop` a stash.',
  );
}
