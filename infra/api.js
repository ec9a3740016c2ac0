import { getAtt, sub, withParameters } from './cloudformation.js';
import { fromLog } from './metrics.js';

/** @import { Parameters } from './types.d.ts' */

/** The HTTP API's stage, domain and log. serverless makes the rest from the functions' events. */
export const api = withParameters((parameters) => ({
  Resources: {
    ...(parameters.domainName && domain(parameters)),
    // HTTP APIs have no metric for 429, so this one counts them in the access log. serverless.yml has its
    // format.
    ThrottledRequests: fromLog('HttpApiLogGroup', '{ $.status = "429" }', 'Throttled', '1'),
  },
  Outputs: outputs(parameters),
  extensions: {
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-disable-default-endpoint.html
    ...(!parameters.defaultEndpoint && {
      HttpApi: { Properties: { DisableExecuteApiEndpoint: true } },
    }),
    HttpApiLogGroup: { Properties: { LogGroupName: ACCESS_LOG } },
    HttpApiStage: {
      Properties: {
        DefaultRouteSettings: {
          DetailedMetricsEnabled: false,
          ThrottlingRateLimit: parameters.throttleRate,
          ThrottlingBurstLimit: parameters.throttleBurst,
        },
      },
    },
  },
}));

/**
 * API Gateway may write to a log group only if a resource policy of CloudWatch Logs allows it. AWS adds
 * each group to the account's policy, which has 5,120 characters at most. With enough groups, a deploy
 * fails. For groups with this prefix, AWS allows the prefix once the policy is nearly full.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
 * https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
 */
const ACCESS_LOG = '/aws/vendedlogs/http-api/${self:service}-${sls:stage}';

const DEFAULT_DOMAIN = '${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}';

/** @param {Parameters} parameters */
function outputs({ domainName, edgeDomainName, allowedSmsNumbers }) {
  const url = `https://${edgeDomainName || domainName || DEFAULT_DOMAIN}/sms`;
  return {
    WebhookBaseUrl: {
      Description: 'The webhook URL is this, a slash, and the token',
      Value: url.includes('${') ? sub(url) : url,
    },
    AllowedSmsNumbers: {
      Description: 'Which of your numbers may receive',
      Value: shortened(allowedSmsNumbers) || 'any',
    },
    ...(edgeDomainName && {
      EdgeOriginDomain: {
        Description: 'Where the edge sends requests to',
        Value: domainName || sub(DEFAULT_DOMAIN),
      },
    }),
    ...(domainName && {
      WebhookDomainTarget: {
        Description: 'Where the DNS record (CNAME) of the domain points to',
        Value: getAtt('WebhookDomain', 'RegionalDomainName'),
      },
    }),
  };
}

/** Shortens a list for an output, whose length CloudFormation limits. `doctor` needs only one number. */
function shortened(/** @type {string} */ list) {
  if (list.length <= 1_000) return list;
  return `${list.slice(0, list.lastIndexOf(',', 1_000))},...`;
}

/** @param {Parameters} parameters */
function domain({ domainName, certificateArn, hostedZoneId }) {
  const configuration = {
    CertificateArn: certificateArn,
    EndpointType: 'REGIONAL',
    SecurityPolicy: 'TLS_1_2',
  };
  const target = {
    DNSName: getAtt('WebhookDomain', 'RegionalDomainName'),
    HostedZoneId: getAtt('WebhookDomain', 'RegionalHostedZoneId'),
  };
  return {
    WebhookDomain: {
      Type: 'AWS::ApiGatewayV2::DomainName',
      Properties: { DomainName: domainName, DomainNameConfigurations: [configuration] },
    },
    WebhookDomainMapping: {
      Type: 'AWS::ApiGatewayV2::ApiMapping',
      Properties: {
        ApiId: { Ref: 'HttpApi' },
        DomainName: { Ref: 'WebhookDomain' },
        Stage: { Ref: 'HttpApiStage' },
      },
    },
    ...(hostedZoneId && {
      WebhookDnsRecord: {
        Type: 'AWS::Route53::RecordSet',
        Properties: {
          HostedZoneId: hostedZoneId,
          Name: domainName,
          Type: 'A',
          AliasTarget: target,
        },
      },
    }),
  };
}
