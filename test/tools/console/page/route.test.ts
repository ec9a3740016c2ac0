import { describe, expect, it } from 'vitest';
import {
  conversationHash,
  inboxHash,
  messageHash,
  parseRoute,
} from '../../../../tools/console/page/route.ts';

describe('the address', () => {
  it.each(['', '#', '#/'])('%j is the inbox', (hash) => {
    expect(parseRoute(hash).view).toBe('inbox');
  });

  it.each(['send', 'chaos', 'subscribers', 'activity', 'stack'])('#/%s is a view', (view) => {
    expect(parseRoute(`#/${view}`)).toEqual({ view });
  });

  it.each(['297abf7f-99d9-4b7d-9c46-1d7c13687b11', 'a/b?c#d%20&e=f', '..', '%zz'])(
    'leads to the message %j and back',
    (id) => {
      expect(parseRoute(messageHash(id))).toMatchObject({ view: 'message', id });
    },
  );

  it('leads to a conversation and back, whatever the numbers hold', () => {
    const [from, to] = ['PRIZE / 100%?', '+61 491 570 156'];
    expect(parseRoute(conversationHash(from, to))).toMatchObject({
      view: 'conversation',
      from,
      to,
    });
  });

  it('keeps the filters with the inbox, a message and a conversation', () => {
    const query = new URLSearchParams({ search: 'a & b?', state: 'overdue' });
    for (const hash of [
      inboxHash(query),
      messageHash('1', query),
      conversationHash('a', 'b', query),
    ]) {
      const route = parseRoute(hash);
      expect('query' in route && Object.fromEntries(route.query)).toEqual(
        Object.fromEntries(query),
      );
    }
  });

  it('reads a question mark of a query that was typed', () => {
    const route = parseRoute('#/?search=why?');
    expect('query' in route && route.query.get('search')).toBe('why?');
  });

  it('ends with the path if there are no filters', () => {
    expect([inboxHash(), messageHash('1', new URLSearchParams())]).toEqual(['#/', '#/messages/1']);
  });

  it.each([
    '#/nowhere',
    '#/messages',
    '#/messages/',
    '#/messages/a/b',
    '#/messages/%zz',
    '#//messages',
    '#/conversations/a',
    '#/conversations/a/b/c',
    '#/send/x',
  ])('%s leads nowhere', (hash) => {
    expect(parseRoute(hash)).toEqual({ view: 'unknown' });
  });
});
