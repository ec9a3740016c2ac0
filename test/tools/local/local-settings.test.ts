import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readLocalSettings } from '../../../tools/local/local-settings.ts';
import { temporaryDir } from './temporary-dir.ts';

async function read(text?: string) {
  const directory = await temporaryDir();
  if (text !== undefined) await writeFile(join(directory, 'settings.yml'), text);
  return readLocalSettings(directory);
}

it('takes the part of the stage local, with the file’s line numbers', async () => {
  const { text, ...others } = await read(`country: NZ
default:
  alarmEmail: ops@example.com
  timeZone: Pacific/Auckland
  subscribers: { real: { email: ops@example.com } }

local:
  # a trial
  subscribers:
    crm: { https: "http://localhost:8080/", secret: CRM_SECRET }
prod:
  retentionDays: 30
`);
  expect(text).toBe(`${'\n'.repeat(6)}local:
  # a trial
  subscribers:
    crm: { https: "http://localhost:8080/", secret: CRM_SECRET }



country: NZ
timeZone: Pacific/Auckland
`);
  expect(others).toEqual({ country: 'NZ', otherStages: ['default'] });
});

it('a change in another stage below it changes nothing', async () => {
  const local = 'local:\n  subscribers: { jobs: { queue: true } }\n';
  const { text } = await read(`${local}prod:\n  retentionDays: 30\n`);
  expect((await read(`${local}prod:\n  retentionDays: 31\n`)).text).toBe(text);
});

it.each([
  ['there is no file', undefined],
  ['the stage local has no subscribers', 'country: AU\nlocal:\n  timeZone: Australia/Sydney\n'],
])('the package gets no settings if %s', async (_, text) => {
  expect(await read(text)).toEqual({ country: 'AU', otherStages: [] });
});

it('an error about an unreadable file names the line', async () => {
  await expect(read('local:\n  retentionDays: 30\n')).rejects.toThrow('settings.yml, line 2');
});
