import { describe, expect, it } from 'vitest';
import {
  anyAllowed,
  parseSmsNumbers,
  parseSourceCidrs,
  refuseOtherNumbers,
  refuseOtherSources,
} from '../../../lib/http/allow-lists.ts';
import { someMessage } from '../../fixtures/messages.ts';
import { webhookEvent } from '../../fixtures/webhook-event.ts';

describe('the allowed source addresses', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1'],
    ['10.1.2.3/8', '10.9.9.9'],
    ['203.0.113.64/27', '203.0.113.95'],
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1/32', '192.0.2.1'],
    ['0.0.0.0/0', '8.8.8.8'],
    ['10.0.0.0/8, 192.0.2.1 ,2001:db8::/32', '192.0.2.1'],
    ['10.0.0.0/8, 192.0.2.1 ,2001:db8::/32', '2001:db8::9'],
    ['2001:db8::/33', '2001:db8:7fff::1'],
    ['2001:DB8::1', '2001:db8:0:0::1'],
    ['::1/128', '::1'],
    ['::/0', '2001:db8::1'],
    // An IPv4 address mapped into IPv6 is the same address, on either side.
    ['10.0.0.0/8', '::ffff:10.1.2.3'],
    ['10.0.0.0/8', '::FFFF:0a01:0203'],
    ['::ffff:10.0.0.0/104', '10.1.2.3'],
    ['::ffff:0:0/96', '8.8.8.8'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '::ffff:c000:0201'],
  ])('%s includes %s', (cidrs, address) => {
    expect(parseSourceCidrs(cidrs)(address)).toBe(true);
  });

  it.each([
    ['10.0.0.0/8', '11.0.0.1'],
    ['203.0.113.64/27', '203.0.113.96'],
    ['192.0.2.1', '192.0.2.10'],
    ['2001:db8::/33', '2001:db8:8000::1'],
    ['2001:db8::1', '2001:db8::2'],
    ['10.0.0.0/8', '::ffff:11.0.0.1'],
    ['10.0.0.0/8', '::10.0.0.1'],
    ['0.0.0.0/0', '2001:db8::1'],
    ['::/0', '192.0.2.1'],
    ['::/0', '::ffff:192.0.2.1'],
    ['::ffff:10.0.0.0/104', '11.1.2.3'],
    ['::ffff:0:0/95', '8.8.8.8'],
    // These are no addresses.
    ['0.0.0.0/0,::/0', ''],
    ['0.0.0.0/0,::/0', '10.0.0.1, 10.0.0.2'],
    ['0.0.0.0/0,::/0', '010.0.0.1'],
    ['0.0.0.0/0,::/0', 'fe80::1%eth0'],
    ['0.0.0.0/0,::/0', 'localhost'],
  ])('%s excludes %j', (cidrs, address) => {
    expect(parseSourceCidrs(cidrs)(address)).toBe(false);
  });

  it.each([
    ['10.0.0.0/33', 1],
    ['10.0.0.0/08', 1],
    ['10.0.0.0/', 1],
    ['10.0.0/8', 1],
    ['10.0.0.1-10.0.0.9', 1],
    ['2001:db8::/129', 1],
    ['fe80::1%eth0', 1],
    ['localhost', 1],
    [' ', 1],
    ['10.0.0.0/8,', 2],
    ['10.0.0.0/8 192.0.2.1', 1],
    ['10.0.0.0/8,192.0.2.1/-1', 2],
  ])('%j is refused at entry %i', (cidrs, entry) => {
    const message = new RegExp(`^must be IPv4 or IPv6 addresses or CIDRs.*entry ${entry} is not$`);
    expect(() => parseSourceCidrs(cidrs)).toThrow(message);
  });
});

describe('the allowed numbers', () => {
  it.each(['+61400000002', '61400000002', ' 61400000002', '+61 400 000 002', '(61) 400-000.002'])(
    'accept other spellings of a number: %j',
    (number) => {
      expect(parseSmsNumbers('+61400000002')(number)).toBe(true);
      expect(parseSmsNumbers(`+1, ${number}`)('+61400000002')).toBe(true);
    },
  );

  it.each(['+6140000000', '+614000000020', '0400000002', '', 'YOUR_SMS_NUMBER'])(
    'do not accept another number: %j',
    (number) => {
      expect(parseSmsNumbers('+61400000002,+61400000003')(number)).toBe(false);
    },
  );

  it.each([
    [' ', 1],
    ['+', 1],
    ['+61400000002,', 2],
    ['+61400000002,Shop 2', 2],
    ['+61400000002;+61400000003', 1],
  ])('%j is refused at entry %i', (numbers, entry) => {
    const message = new RegExp(`^must be phone numbers, comma separated.*entry ${entry} is not$`);
    expect(() => parseSmsNumbers(numbers)).toThrow(message);
  });
});

describe('a request', () => {
  const ours = parseSourceCidrs('10.0.0.0/8');

  it('passes from an allowed address, and from any address without a list', () => {
    expect(() =>
      refuseOtherSources(webhookEvent('', { sourceIp: '10.1.2.3' }), ours),
    ).not.toThrow();
    expect(() => refuseOtherSources({} as never, anyAllowed)).not.toThrow();
  });

  it('is refused from another address, even with X-Forwarded-For, and the address is not shown', () => {
    const event = webhookEvent('', { sourceIp: '192.0.2.77' });
    event.headers = { ...event.headers, 'x-forwarded-for': '10.1.2.3' };
    const refuse = () => refuseOtherSources(event, ours);
    expect(refuse).toThrow(expect.objectContaining({ outcome: 'source-not-allowed' }));
    expect(refuse).toThrow(/allowedSourceCidrs/);
    expect(refuse).not.toThrow(/192\.0\.2|10\./);
  });

  it('is refused without an address', () => {
    expect(() => refuseOtherSources({} as never, ours)).toThrow(/allowedSourceCidrs/);
  });

  describe('that came through an edge', () => {
    const refuse = (viewer: string | undefined, sourceIp: string) => () => {
      const event = webhookEvent('', { sourceIp });
      const headers = {
        ...event.headers,
        'x-forwarded-for': '10.1.2.3',
        ...(viewer !== undefined && { 'cloudfront-viewer-address': viewer }),
      };
      refuseOtherSources({ ...event, headers }, ours, true);
    };

    it('passes if the edge names an allowed address', () => {
      expect(refuse('10.1.2.3:46532', '192.0.2.77')).not.toThrow();
      expect(refuse('::ffff:10.1.2.3:46532', '192.0.2.77')).not.toThrow();
    });

    it.each(['192.0.2.78:46532', '2001:db8::10:1', '10.1.2.3:1, 192.0.2.1:1', '10.1.2.3:x', 'x'])(
      'is refused if the edge names %j, and the address is not told',
      (viewer) => {
        expect(refuse(viewer, '10.1.2.3')).toThrow(/does not contain the address/);
        expect(refuse(viewer, '10.1.2.3')).not.toThrow(/\d/);
      },
    );

    it.each([undefined, ''])('is refused if the edge names none (%j), and it says so', (viewer) => {
      expect(refuse(viewer, '10.1.2.3')).toThrow(
        expect.objectContaining({
          outcome: 'source-not-allowed',
          message: expect.stringMatching(/needs the header CloudFront-Viewer-Address/),
        }),
      );
    });

    it('needs no address without a list', () => {
      expect(() => refuseOtherSources(webhookEvent(''), anyAllowed, true)).not.toThrow();
    });
  });

  it('is judged by API Gateway’s address without an edge, and CloudFront’s header is ignored', () => {
    const event = webhookEvent('', { sourceIp: '192.0.2.77' });
    event.headers = { ...event.headers, 'cloudfront-viewer-address': '10.1.2.3:1' };
    expect(() => refuseOtherSources(event, ours)).toThrow(/allowedSourceCidrs/);
  });
});

describe('a message', () => {
  const isAllowed = parseSmsNumbers('+61400000002');

  it('passes to an allowed number', () => {
    expect(() => refuseOtherNumbers(someMessage(), isAllowed)).not.toThrow();
  });

  it('is refused to another number, and the number is not shown', () => {
    const refuse = () => refuseOtherNumbers(someMessage({ sms_number: '+61499' }), isAllowed);
    expect(refuse).toThrow(expect.objectContaining({ outcome: 'number-not-allowed' }));
    expect(refuse).toThrow(/allowedSmsNumbers/);
    expect(refuse).not.toThrow(/\d{3}/);
  });
});
