import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Tokens } from './tokens.ts';
import { headerOf } from './webhook-request.ts';

/**
 * An edge, such as CloudFront, proves with this header that a request came through it. CloudFront replaces
 * a header of this name that a viewer sends:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
 */
export const EDGE_SECRET_HEADER = 'x-edge-secret';

/** CloudFront writes its own caller's address into this header. */
export const VIEWER_ADDRESS_HEADER = 'cloudfront-viewer-address';

/**
 * Says for the log why a request did not come through the edge. Undefined if it did, or if no edge is
 * configured. Takes as long for a wrong secret as for a right one.
 *
 * @param secrets The edge's secrets. Undefined if there is no edge.
 */
export function faultOfEdge(
  event: APIGatewayProxyEventV2,
  secrets: Tokens | undefined,
): string | undefined {
  if (!secrets) return undefined;
  const secret = headerOf(event, EDGE_SECRET_HEADER) ?? '';
  const isKnown = secrets.indexOf(secret) >= 0;
  if (secret === '') return `the header ${EDGE_SECRET_HEADER} is missing`;
  return isKnown ? undefined : `the header ${EDGE_SECRET_HEADER} has none of EDGE_SECRETS`;
}

/**
 * The address of the edge's caller, without the port. Undefined if the edge does not send it. An IPv4 value
 * is `198.51.100.10:46532`. AWS shows no IPv6 example. Without brackets, the port follows the last colon:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
 */
export function viewerAddress(event: APIGatewayProxyEventV2): string | undefined {
  const value = headerOf(event, VIEWER_ADDRESS_HEADER);
  return value?.replace(/^\[(.*)\](?=:)/, '$1').replace(/:\d{1,5}$/, '') || undefined;
}
