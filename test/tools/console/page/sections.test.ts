import { describe, expect, it } from 'vitest';
import { parseRoute } from '../../../../tools/console/page/route.ts';
import { pageTitle, sectionOf, sectionsOf } from '../../../../tools/console/page/shell/sections.ts';

describe('the shell', () => {
  it('shows only what the stack has', () => {
    expect(sectionsOf(false).map(({ name }) => name)).toEqual(['inbox', 'requests', 'activity']);
    expect(sectionsOf(true)).toHaveLength(6);
  });

  it.each(sectionsOf(true))('leads to $name by $href', ({ name, href }) => {
    expect(sectionOf(parseRoute(href))).toBe(name);
  });

  it('is titled before the stack has told its name', () => {
    expect(pageTitle(parseRoute('#/'), undefined)).toBe('Inbox · inbound-sms');
  });

  it.each([
    ['#/', 'inbox', 'Inbox · prod · inbound-sms'],
    ['#/messages/1', 'inbox', 'Message · prod · inbound-sms'],
    ['#/conversations/PRIZE/2', 'inbox', 'PRIZE → 2 · prod · inbound-sms'],
    ['#/requests/1?reason=invalid', 'requests', 'Refused · prod · inbound-sms'],
    ['#/chaos', 'chaos', 'Chaos · prod · inbound-sms'],
    ['#/nowhere', undefined, 'Not found · prod · inbound-sms'],
  ])('of %s is in %s, titled %s', (hash, section, title) => {
    const route = parseRoute(hash);
    expect(sectionOf(route)).toBe(section);
    expect(pageTitle(route, 'prod')).toBe(title);
  });

  it.each([
    ['+61491570006', '+61491570006 · prod · inbound-sms'],
    ['Ev\u202eil', 'EvU+202Eil · prod · inbound-sms'],
    ['', 'withheld · prod · inbound-sms'],
  ])('names the sender %j of a message', (sender, title) => {
    expect(pageTitle(parseRoute('#/messages/1'), 'prod', sender)).toBe(title);
  });
});
