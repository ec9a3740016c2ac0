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
    allowedSmsNumbers,
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
      AllowedSmsNumbers: {
        Description: 'Which of your numbers may receive',
        Value: shortened(allowedSmsNumbers) || 'any',
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
      HttpApiLogGroup: { Properties: { LogGroupName: ACCESS_LOG } },
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

/**
 * API Gateway may write to a log group if a resource policy of CloudWatch Logs says so. AWS adds the group
 * to the account's policy, which takes 5,120 characters: with enough groups, a deploy fails. Groups below
 * this prefix are let through as a whole once the policy is nearly full.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
 * https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
 */
const ACCESS_LOG = '/aws/vendedlogs/http-api/${self:service}-${sls:stage}';

const DEFAULT_DOMAIN = '${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}';

/** CloudFormation limits an output's length. `doctor` needs one number, so the rest may be left out. */
function shortened(/** @type {string} */ list) {
  if (list.length <= 1_000) return list;
  return `${list.slice(0, list.lastIndexOf(',', 1_000))},...`;
}

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
