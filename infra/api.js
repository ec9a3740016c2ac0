import { withParameters } from './with-parameters.js';

/** The HTTP API beyond what serverless makes of the functions' events: its stage and its domain. */
export const api = withParameters(
  ({ throttleRate, throttleBurst, domainName, certificateArn, hostedZoneId }) => ({
    Resources: {
      ...(domainName && domain(domainName, certificateArn)),
      ...(hostedZoneId && dnsRecord(domainName, hostedZoneId)),
    },
    Outputs: {
      WebhookBaseUrl: {
        Description: 'The webhook URL is this, a slash, and the token',
        Value: domainName ? `https://${domainName}/sms` : DEFAULT_URL,
      },
      ...(domainName && {
        WebhookDomainTarget: {
          Description: 'Where the DNS record (CNAME) of the domain points to',
          Value: { 'Fn::GetAtt': ['WebhookDomain', 'RegionalDomainName'] },
        },
      }),
    },
    extensions: {
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

const DEFAULT_URL = {
  'Fn::Sub': 'https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/sms',
};

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
