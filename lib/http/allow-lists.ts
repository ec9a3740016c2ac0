import { BlockList, isIP } from 'node:net';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { SmsMessage } from '../messages/sms-message.ts';
import { viewerAddress } from './edge.ts';
import { RequestRefused } from './outcomes.ts';

/** Whether a value, as it was sent, is on an allow list. */
export type IsAllowed = (value: string) => boolean;

/** For a list that is not configured. */
export const anyAllowed: IsAllowed = () => true;

/**
 * Parses the addresses that requests may come from.
 *
 * @param value IPv4 or IPv6, single or with a prefix length (CIDR), comma separated.
 * @throws {Error} Says what the value must be. The caller puts the variable's name in front.
 */
export function parseSourceCidrs(value: string): IsAllowed {
  const families = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const [index, entry] of value.split(',').entries()) {
    const cidr = parseCidr(entry.trim());
    if (!cidr) {
      throw new Error(
        `must be IPv4 or IPv6 addresses or CIDRs, comma separated, such as 203.0.113.0/24,2001:db8::1; entry ${index + 1} is not`,
      );
    }
    const isMappedOnly = isMapped(cidr.address) && cidr.prefix >= MAPPED_PREFIX;
    const family = isMappedOnly ? 'ipv4' : cidr.type;
    families[family].addSubnet(cidr.address, cidr.prefix, cidr.type);
  }
  return (address) => {
    const type = typeOf(address);
    if (!type) return false;
    return families[isMapped(address) ? 'ipv4' : type].check(address, type);
  };
}

/**
 * Parses the numbers that messages may be sent to. Only their digits count.
 *
 * @param value Phone numbers, comma separated.
 * @throws {Error} Says what the value must be. The caller puts the variable's name in front.
 */
export function parseSmsNumbers(value: string): IsAllowed {
  const allowed = new Set(
    value.split(',').map((entry, index) => {
      if (!/^\s*\+?[\d\s()./-]*\d[\d\s()./-]*$/.test(entry)) {
        throw new Error(
          `must be phone numbers, comma separated, such as +61400000000,+61400000001; entry ${index + 1} is not`,
        );
      }
      return digitsOf(entry);
    }),
  );
  return (number) => allowed.has(digitsOf(number));
}

/**
 * Without an edge, checks the address that API Gateway saw. Behind an edge, that is the edge's address, so
 * it checks the viewer's address that the edge names. It never uses X-Forwarded-For, which the sender can
 * write.
 *
 * @param isFromEdge Whether the request has proved that it came through the edge.
 * @throws {RequestRefused} `source-not-allowed`
 */
export function refuseOtherSources(
  event: APIGatewayProxyEventV2,
  isAllowed: IsAllowed,
  isFromEdge = false,
): void {
  const address = isFromEdge ? viewerAddress(event) : event.requestContext?.http?.sourceIp;
  if (isAllowed(address ?? '')) return;
  throw new RequestRefused(
    'source-not-allowed',
    isFromEdge && address === undefined
      ? 'The parameter allowedSourceCidrs needs the header CloudFront-Viewer-Address, which the edge does not send'
      : 'The parameter allowedSourceCidrs does not contain the address that this request came from',
  );
}

/** @throws {RequestRefused} `number-not-allowed` */
export function refuseOtherNumbers(
  { sms_number }: Pick<SmsMessage, 'sms_number'>,
  isAllowed: IsAllowed,
): void {
  if (isAllowed(sms_number)) return;
  throw new RequestRefused(
    'number-not-allowed',
    'The parameter allowedSmsNumbers does not contain the sms_number of this message',
  );
}

/** An IPv4 address mapped into IPv6, such as ::ffff:1.2.3.4: RFC 4291, 2.5.5.2. */
const MAPPED_PREFIX = 96;
const mapped = new BlockList();
mapped.addSubnet('::ffff:0.0.0.0', MAPPED_PREFIX, 'ipv6');

/** Such an address counts as IPv4. Node itself would find every IPv4 address in `::/0`, too. */
function isMapped(address: string): boolean {
  return typeOf(address) === 'ipv6' && mapped.check(address, 'ipv6');
}

function typeOf(address: string): 'ipv4' | 'ipv6' | undefined {
  // An address with a zone has a meaning on one machine only, and Node never matches it.
  if (address.includes('%')) return undefined;
  const version = isIP(address);
  return version === 0 ? undefined : `ipv${version as 4 | 6}`;
}

function parseCidr(entry: string) {
  const [, address = '', digits] = entry.match(/^([^/]+)(?:\/(0|[1-9]\d{0,2}))?$/) ?? [];
  const type = typeOf(address);
  if (!type) return undefined;
  const bits = type === 'ipv4' ? 32 : 128;
  const prefix = digits === undefined ? bits : Number(digits);
  return prefix <= bits ? { address, prefix, type } : undefined;
}

function digitsOf(number: string): string {
  return number.replace(/\D/g, '');
}
