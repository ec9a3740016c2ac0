import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Tokens } from './tokens.ts';
import { headerOf } from './webhook-request.ts';

/**
 * The header in which an edge, such as CloudFront, proves that a request came through it. CloudFront
 * replaces a header of this name that a viewer sends:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
 */
export const EDGE_SECRET_HEADER = 'x-edge-secret';

/** The header in which CloudFront names its own caller. */
export const VIEWER_ADDRESS_HEADER = 'cloudfront-viewer-address';

/**
 * Why a request did not come through the edge, for the log; undefined if it did, or if no edge is
 * configured. Takes as long for a wrong secret as for a right one.
 *
 * @param secrets The edge's own; undefined: there is no edge.
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
 * The address of the edge's own caller, without the port; undefined if the edge does not name it. IPv4
 * is `198.51.100.10:46532`. AWS shows no IPv6 example; without brackets the port follows the last colon:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
 */
export function viewerAddress(event: APIGatewayProxyEventV2): string | undefined {
  const value = headerOf(event, VIEWER_ADDRESS_HEADER);
  return value?.replace(/^\[(.*)\](?=:)/, '$1').replace(/:\d{1,5}$/, '') || undefined;
}
