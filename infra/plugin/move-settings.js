/** Run by people: moves what was edited in the files of an older version to settings.yml. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { findOldSettings, OLD_FILE } from './old-settings.js';
import { readSettings } from './settings.js';
import { LOCAL_STAGE, SETTINGS_FILE } from './settings-file.js';

const directory = process.cwd();
const path = (/** @type {string} */ name) => join(directory, name);

const { service, sections } = findOldSettings(directory);
const { [LOCAL_STAGE]: local, ...stages } = sections;
const settings = { ...(service && { service }), ...stages };

if (local) {
  const options = Object.entries(local).map(([name, value]) => `--param ${name}=${value}`);
  console.log(
    `\`npm start\` reads no file any more. Start it with: npm start -- ${options.join(' ')}`,
  );
}
if (Object.keys(settings).length > 0) move(settings);
else
  console.log('Nothing was changed in the files of the version before: there is nothing to move.');
if (process.exitCode === undefined) clearConflict();

function move(found) {
  const { stringify } = createRequire(import.meta.url)('yaml');
  const text = stringify(found, { schema: 'failsafe' });
  try {
    if (existsSync(path(SETTINGS_FILE))) {
      if (isThere(found))
        return console.log(`All that was changed is in ${SETTINGS_FILE} already.`);
      throw new Error(
        `${SETTINGS_FILE} is there already. Add this to it, then run this again:\n\n${text}`,
      );
    }
    writeFileSync(path(SETTINGS_FILE), text);
    console.log(`Moved to ${SETTINGS_FILE}:\n\n${text}`);
    readSettings(directory);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** Whether settings.yml says something about each setting: the same, or what somebody has decided since. */
function isThere({ service: name, ...stagesFound }) {
  const file = readSettings(directory);
  return (
    (name === undefined || name === file.service) &&
    Object.entries(stagesFound).every(([stage, section]) =>
      Object.keys(section).every((parameter) => file.sections[stage]?.[parameter]),
    )
  );
}

/** Ends what the move makes needless: the old file, and the conflict about its line in serverless.yml. */
function clearConflict() {
  rmSync(path(OLD_FILE), { force: true });
  const before = readFileSync(path('serverless.yml'), 'utf8');
  // Of each conflict, the side that reads settings.yml is the new one.
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
