import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { faultOfEdge, viewerAddress } from '../../../lib/http/edge.ts';
import { Tokens } from '../../../lib/http/tokens.ts';
import { webhookEvent } from '../../fixtures/webhook-event.ts';
import { watchCrypto } from '../../helpers/node-modules.ts';

const hashOf = (secret: string) => ({ hash: createHash('sha256').update(secret).digest() });
const secrets = new Tokens(['old-secret', 'new-secret'].map(hashOf));
const eventWith = (headers: Record<string, string>) => ({
  ...webhookEvent(),
  headers: { ...webhookEvent().headers, ...headers },
});
const faultWith = (headers: Record<string, string>) => faultOfEdge(eventWith(headers), secrets);

describe('the secret of the edge', () => {
  it.each(['old-secret', 'new-secret'])('%s is accepted', (secret) => {
    expect(faultWith({ 'x-edge-secret': secret })).toBeUndefined();
    expect(faultWith({ 'X-Edge-Secret': secret })).toBeUndefined();
  });

  it.each([
    'new-secret ',
    'NEW-SECRET',
    'new-secret,new-secret',
    'other',
    secrets.hashes[0]?.hash.toString('hex'),
  ])('%j is refused, and the reason does not quote it', (secret = '') => {
    expect(faultWith({ 'x-edge-secret': secret })).toBe(
      'the header x-edge-secret has none of EDGE_SECRETS',
    );
  });

  it('is refused if missing or empty', () => {
    const missing = 'the header x-edge-secret is missing';
    expect(faultWith({})).toBe(missing);
    expect(faultWith({ 'x-edge-secret': '' })).toBe(missing);
    expect(faultOfEdge({ headers: null } as never, secrets)).toBe(missing);
  });

  it('is refused if empty, even if the hash of an empty text is configured', () => {
    const ofNothing = hashOf('');
    expect(faultOfEdge(eventWith({ 'x-edge-secret': '' }), new Tokens([ofNothing]))).toContain(
      'missing',
    );
  });

  it('is not needed if no edge is configured', () => {
    expect(faultOfEdge(eventWith({}), undefined)).toBeUndefined();
    expect(faultOfEdge(eventWith({ 'x-edge-secret': 'any' }), undefined)).toBeUndefined();
  });

  it.each(['old-secret', 'new-secret', 'other', ''])(
    '%j is compared with every hash, in constant time',
    (secret) => {
      const compared = watchCrypto('timingSafeEqual');
      faultWith({ 'x-edge-secret': secret });
      expect(compared.mock.calls.map(([hash]) => ({ hash }))).toEqual(secrets.hashes);
    },
  );
});

describe('the address that CloudFront names', () => {
  it.each([
    ['198.51.100.10:46532', '198.51.100.10'],
    ['2001:db8::8a2e:370:7334:46532', '2001:db8::8a2e:370:7334'],
    ['2001:0db8:85a3:0000:0000:8a2e:0370:7334:443', '2001:0db8:85a3:0000:0000:8a2e:0370:7334'],
    ['[2001:db8::1]:443', '2001:db8::1'],
  ])('is read from %s as %s', (value, address) => {
    expect(viewerAddress(eventWith({ 'cloudfront-viewer-address': value }))).toBe(address);
    expect(viewerAddress(eventWith({ 'CloudFront-Viewer-Address': value }))).toBe(address);
  });

  it('is undefined without the header', () => {
    expect(viewerAddress(eventWith({ 'x-forwarded-for': '198.51.100.10' }))).toBeUndefined();
    expect(viewerAddress(eventWith({ 'cloudfront-viewer-address': '' }))).toBeUndefined();
  });
});
