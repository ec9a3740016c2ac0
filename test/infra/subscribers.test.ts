import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../infra/plugin/check-settings.js';
import { logicalIdOf, readSubscribers } from '../../infra/plugin/subscribers.js';
import { temporaryDir } from '../tools/local/temporary-dir.ts';

async function subscribers(text: string, stage = 'prod') {
  const directory = await temporaryDir();
  await writeFile(join(directory, 'settings.yml'), text);
  return readSubscribers(readSettings(directory), stage);
}

describe('the subscribers of a stage', () => {
  it('are none without any in the file', async () => {
    for (const text of ['', 'prod:\n', 'prod:\n  subscribers:\n', 'dev: {subscribers: {}}']) {
      expect(await subscribers(text)).toEqual([]);
    }
  });

  it('have a kind, what the kind needs, and a place', async () => {
    const text = `prod:
  subscribers:
    team: { email: team@example.com }
    chat: { slack: SLACK_URL }
    staff: { teams: TEAMS_URL }
    my-crm: { https: "https://crm.example.com/hooks/sms", secret: CRM_SECRET }
    jobs: { queue: true }
`;
    expect(await subscribers(text)).toEqual([
      { name: 'team', kind: 'email', address: 'team@example.com', place: 'settings.yml, line 3' },
      { name: 'chat', kind: 'slack', secret: 'SLACK_URL', place: 'settings.yml, line 4' },
      { name: 'staff', kind: 'teams', secret: 'TEAMS_URL', place: 'settings.yml, line 5' },
      {
        name: 'my-crm',
        kind: 'https',
        url: 'https://crm.example.com/hooks/sms',
        secret: 'CRM_SECRET',
        place: 'settings.yml, line 6',
      },
      { name: 'jobs', kind: 'queue', place: 'settings.yml, line 7' },
    ]);
  });

  const shared = `default:
  subscribers:
    team: { email: team@example.com }
    jobs: { queue: true }
prod:
  subscribers:
    team: { email: prod@example.com }
    chat: { slack: SLACK_URL }
local:
  subscribers:
    jobs: { queue: true }
`;

  it('are those of all stages and its own, which replace those of the same name', async () => {
    expect(await subscribers(shared)).toMatchObject([
      { name: 'team', address: 'prod@example.com' },
      { name: 'jobs' },
      { name: 'chat' },
    ]);
    expect(await subscribers(shared, 'dev')).toMatchObject([
      { name: 'team', address: 'team@example.com' },
      { name: 'jobs' },
    ]);
  });

  it('are on the stage of `npm start` its own only', async () => {
    expect(await subscribers(shared, 'local')).toMatchObject([{ name: 'jobs' }]);
  });
});

it('a name makes a logical id of CloudFormation, of letters and digits', () => {
  expect(['crm', 'my-crm', 'a1-b2'].map(logicalIdOf)).toEqual([
    'SubscriberCrm',
    'SubscriberMyCrm',
    'SubscriberA1B2',
  ]);
});
