import { describe, expect, it } from 'vitest';
import { faultsOfPbxSettings } from '../../../lib/http/pbx-settings.ts';

const HOST = 'abc123.execute-api.ap-southeast-2.amazonaws.com';
const OUR_URL = `https://${HOST}/sms/old-token`;
const FALLBACK = 'you@email.com';
const target = {
  host: HOST,
  path: '/sms/old-token',
  isToken: (text: string): boolean => text === 'old-token' || text === 'new-token',
};
const warningsOf = (fields: Record<string, string>, where = target) =>
  faultsOfPbxSettings(new Map(Object.entries(fields)), where).map(({ warning }) => warning);
const ofUrl = (webhook_url: string, where = target) =>
  warningsOf({ webhook_url, webhook_url_fallback: FALLBACK }, where);

describe('the Web Hook URL', () => {
  it.each([
    OUR_URL,
    OUR_URL.toUpperCase().replace('/SMS/OLD-TOKEN', '/sms/old-token'),
    `https://${HOST}:443/sms/old-token`,
    `http://${HOST}:3000/sms/old-token`,
    `https://${HOST}/sms/new-token`,
    `${OUR_URL}?from=pbx#top`,
  ])('%s is accepted as the request’s URL, current or next', (url) => {
    expect(ofUrl(url)).toEqual([]);
  });

  it('may be missing from the form', () => {
    expect(warningsOf({ webhook_url_fallback: FALLBACK })).toEqual([]);
  });

  it.each([
    ['another host', 'https://other.example/sms/old-token', ['webhook_url has another host']],
    ['another token', `https://${HOST}/sms/other-token`, ['webhook_url has another path']],
    ['another folder', `https://${HOST}/mms/new-token`, ['webhook_url has another path']],
    [
      'more before the token',
      `https://${HOST}/prod/sms/new-token`,
      ['webhook_url has another path'],
    ],
    ['more behind the token', `${OUR_URL}/more`, ['webhook_url has another path']],
    ['no path', `https://${HOST}`, ['webhook_url has another path']],
    [
      'another host and path',
      'https://other.example/',
      ['webhook_url has another host', 'webhook_url has another path'],
    ],
    ['no scheme', `${HOST}/sms/old-token`, ['webhook_url is no web address']],
    ['another scheme', OUR_URL.replace('https', 'ftp'), ['webhook_url is no web address']],
    ['nonsense', 'https://[/', ['webhook_url is no web address']],
    ['nothing', '', ['webhook_url is no web address']],
  ])('%s causes a warning', (_, url, warnings) => {
    expect(ofUrl(url)).toEqual(warnings);
  });

  it('may be any URL that the request came to, because it works', () => {
    const where = { host: 'LOCALHOST', path: '/stage/sms/other', isToken: () => false };
    expect(ofUrl('http://localhost:3000/stage/sms/other', where)).toEqual([]);
  });

  it('may be an IPv6 address', () => {
    expect(ofUrl('http://[::1]:3000/sms/old-token', { ...target, host: '[::1]' })).toEqual([]);
  });
});

describe('the Web Hook Fallback Email', () => {
  it.each([
    ['missing', { webhook_url: OUR_URL }],
    ['blank', { webhook_url: OUR_URL, webhook_url_fallback: '' }],
    ['blank', { webhook_url: OUR_URL, webhook_url_fallback: ' \t' }],
  ])('causes a warning if it is %s', (what, fields) => {
    expect(faultsOfPbxSettings(new Map(Object.entries(fields)), target)).toEqual([
      { metric: 'FallbackMissing', warning: `webhook_url_fallback is ${what}` },
    ]);
  });
});

it('is never quoted', () => {
  const values = { webhook_url: 'https://private.example/secret', webhook_url_fallback: ' ' };
  const faults = faultsOfPbxSettings(new Map(Object.entries(values)), target);
  expect(faults.map(({ metric }) => metric)).toEqual([
    'WebhookUrlMismatch',
    'WebhookUrlMismatch',
    'FallbackMissing',
  ]);
  expect(JSON.stringify(faults)).not.toMatch(/private|secret|token/);
});
