import { withParameters } from './with-parameters.js';

/** The HTTP API beyond what serverless makes of the functions' events: its stage and its domain. */
export const api = withParameters(
  ({
    throttleRate,
    throttleBurst,
    domainName,
    certificateArn,
    hostedZoneId,
    defaultEndpoint,
    edgeDomainName,
  }) => ({
    Resources: {
      ...(domainName && domain(domainName, certificateArn)),
      ...(hostedZoneId && dnsRecord(domainName, hostedZoneId)),
    },
    Outputs: {
      WebhookBaseUrl: {
        Description: 'The webhook URL is this, a slash, and the token',
        Value: baseUrl(edgeDomainName || domainName || DEFAULT_DOMAIN),
      },
      ...(edgeDomainName && {
        EdgeOriginDomain: {
          Description: 'Where the edge sends requests to',
          Value: domainName || { 'Fn::Sub': DEFAULT_DOMAIN },
        },
      }),
      ...(domainName && {
        WebhookDomainTarget: {
          Description: 'Where the DNS record (CNAME) of the domain points to',
          Value: { 'Fn::GetAtt': ['WebhookDomain', 'RegionalDomainName'] },
        },
      }),
    },
    extensions: {
      // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-disable-default-endpoint.html
      ...(!defaultEndpoint && {
        HttpApi: { Properties: { DisableExecuteApiEndpoint: true } },
      }),
      HttpApiStage: {
        Properties: {
          DefaultRouteSettings: {
            DetailedMetricsEnabled: false,
            ThrottlingRateLimit: throttleRate,
            ThrottlingBurstLimit: throttleBurst,
          },
        },
      },
    },
  }),
);

const DEFAULT_DOMAIN = '${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}';

/** @param {string} domain May refer to resources. */
function baseUrl(domain) {
  const url = `https://${domain}/sms`;
  return url.includes('${') ? { 'Fn::Sub': url } : url;
}

function domain(domainName, certificateArn) {
  return {
    WebhookDomain: {
      Type: 'AWS::ApiGatewayV2::DomainName',
      Properties: {
        DomainName: domainName,
        DomainNameConfigurations: [
          {
            CertificateArn: certificateArn,
            EndpointType: 'REGIONAL',
            SecurityPolicy: 'TLS_1_2',
          },
        ],
      },
    },
    WebhookDomainMapping: {
      Type: 'AWS::ApiGatewayV2::ApiMapping',
      Properties: {
        ApiId: { Ref: 'HttpApi' },
        DomainName: { Ref: 'WebhookDomain' },
        Stage: { Ref: 'HttpApiStage' },
      },
    },
  };
}

function dnsRecord(domainName, hostedZoneId) {
  const target = {
    DNSName: { 'Fn::GetAtt': ['WebhookDomain', 'RegionalDomainName'] },
    HostedZoneId: { 'Fn::GetAtt': ['WebhookDomain', 'RegionalHostedZoneId'] },
  };
  return {
    WebhookDnsRecord: {
      Type: 'AWS::Route53::RecordSet',
      Properties: { HostedZoneId: hostedZoneId, Name: domainName, Type: 'A', AliasTarget: target },
    },
  };
}
