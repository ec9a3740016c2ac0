import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask, keepSession, sessionHeaders } from '../../../../tools/console/page/api.ts';

let stored: Map<string, string>;
beforeEach(() => {
  stored = new Map();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the session of the page', () => {
  it('is the one that began last, be it in another tab', () => {
    keepSession('first-1');
    expect(sessionHeaders()).toEqual({ authorization: 'Bearer first-1' });
    for (const key of stored.keys()) stored.set(key, 'second_2');
    expect(sessionHeaders()).toEqual({ authorization: 'Bearer second_2' });
  });

  it('holds for the page in a browser that keeps nothing', () => {
    const refuse = () => {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    };
    vi.stubGlobal('localStorage', { getItem: refuse, setItem: refuse });
    keepSession('third');
    expect(sessionHeaders()).toEqual({ authorization: 'Bearer third' });
  });

  it('goes along with each request, beside its own headers', async () => {
    keepSession('fourth');
    const fetched = vi.fn(
      async (_: string, __: RequestInit) => new Response(null, { status: 204 }),
    );
    vi.stubGlobal('fetch', fetched);
    await ask('stack');
    await ask('chaos', { method: 'PUT', body: {} });
    const [get, put] = fetched.mock.calls;
    expect(get?.[1].headers).toEqual({ authorization: 'Bearer fourth' });
    expect(put?.[1].headers).toEqual({
      authorization: 'Bearer fourth',
      'content-type': 'application/json',
    });
    expect(JSON.stringify([get?.[0], put?.[0]])).not.toContain('fourth');
  });
});
