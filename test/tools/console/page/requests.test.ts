import { describe, expect, it } from 'vitest';
import {
  readRefusedFilters,
  refusedHash,
} from '../../../../tools/console/page/requests/filters.ts';
import {
  adviceText,
  commandsOf,
  keptText,
  REASONS,
} from '../../../../tools/console/page/requests/reasons.ts';
import { parseRoute } from '../../../../tools/console/page/route.ts';
import type { KeptRequest, RefusedRequest } from '../../../../tools/console/request-protocol.ts';

const ID = '0123456789abcdef0123456789abcdef';

const someRequest = (
  changes: Partial<RefusedRequest> = {},
  state?: KeptRequest['state'],
): RefusedRequest => ({
  id: ID,
  reason: 'invalid',
  status: 400,
  received_at: 1,
  last_received_at: 1,
  requests: 1,
  ...(state && { kept: { state, expires_at: 2 } }),
  ...changes,
});

describe('the address of the refused requests', () => {
  it('holds the filters and what is open', () => {
    const filters = {
      search: '0412 & a',
      reason: 'conflict',
      message_id: 'a/b&c',
      since: 1_000,
      until: 2_000,
    } as const;
    const route = parseRoute(refusedHash(filters, 'an id'));
    if (route.view !== 'requests') throw new Error(route.view);
    expect(route.id).toBe('an id');
    expect(readRefusedFilters(route.asked)).toEqual(filters);
  });

  it('leaves out what makes no sense', () => {
    const query = new URLSearchParams({ reason: 'published', since: 'yesterday', message_id: '' });
    expect(readRefusedFilters(query)).toEqual({});
    expect(refusedHash({})).toBe('#/requests');
  });
});

describe('the commands for a refused request', () => {
  const verbsOf = (request: RefusedRequest) =>
    commandsOf(request, '--stage prod').map(({ text }) =>
      text.replace('bin/inbound-sms quarantine ', ''),
    );
  const short = ID.slice(0, 12);

  it.each([
    ['waiting', ['show', 'accept']],
    ['begun', ['show', 'accept']],
    ['cut', ['show', 'discard']],
    ['delivered since', ['show', 'discard']],
    ['accepted', ['show']],
    ['discarded', ['show']],
  ] as const)('that is %s: %j', (state, verbs) => {
    expect(verbsOf(someRequest({}, state))).toEqual(
      verbs.map((verb) => `${verb} ${short} --stage prod`),
    );
  });

  it('set the fields that are wrong', () => {
    const faults = 'from is missing; body is empty';
    expect(verbsOf(someRequest({ faults }, 'waiting'))[1]).toBe(
      `accept ${short} --set from=VALUE --set body=VALUE --stage prod`,
    );
  });

  it('let people discard a conflict, which may be the same SMS', () => {
    expect(verbsOf(someRequest({ reason: 'conflict' }, 'waiting'))).toHaveLength(3);
  });

  it('are none if it is not kept', () => {
    expect(verbsOf(someRequest())).toEqual([]);
    expect(keptText(someRequest())).toContain('deleted since');
    expect(keptText(someRequest({ id: 'invalid:a' }))).toContain('the PBX e-mails it');
    expect(keptText(someRequest({ reason: 'unknown-token', id: 'a' }))).toContain('never kept');
  });
});

describe('what to do about a refused request', () => {
  const deleted = 'What was kept is deleted: it can no longer be delivered from here.';
  it.each<[string, RefusedRequest, string]>([
    ['kept', someRequest({}, 'waiting'), 'tell the provider. To deliver what was kept, give'],
    ['deleted since', someRequest(), `tell the provider. ${deleted}`],
    ['a deleted conflict', someRequest({ reason: 'conflict' }), deleted],
    ['cut', someRequest({}, 'cut'), 'If it is from the PBX, tell the provider.'],
    ['never kept', someRequest({ id: 'invalid:a' }), 'If it is from the PBX, tell the provider.'],
  ])('that is %s', (_, request, text) => {
    expect(adviceText(request)).toContain(text);
    const isKept = request.kept?.state === 'waiting';
    expect(adviceText(request).includes('--set')).toBe(isKept);
  });

  it.each(['accepted', 'discarded', 'delivered since'] as const)(
    'that is %s is nothing',
    (state) => {
      expect(adviceText(someRequest({}, state))).toBe('');
    },
  );
});

it('every reason has words of its own', () => {
  const labels = Object.values(REASONS).map(({ label }) => label);
  expect(new Set(labels).size).toBe(labels.length);
});
