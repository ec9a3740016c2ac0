import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** The token that the measured package was made with. */
export const TOKEN = 'test';

/** The fields of an SMS as the PBX posts them, from its guide. */
export function smsFields(messageId: string, body = 'Your parcel will arrive at 10:45.') {
  return {
    service_id: '4711',
    from: '+61400000001',
    sms_number: '+61400000002',
    body,
    message_id: messageId,
    timestamp: '1576391654',
    webhook_url: `https://sms.example.com/sms/${TOKEN}`,
    webhook_url_fallback: 'fallback@example.com',
  };
}

/** A request as API Gateway hands it to a function, payload format 2.0: forms come in base64. */
export function webhookEvent(fields: Readonly<Record<string, string>>): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: 'ANY /sms/{token}',
    rawPath: `/sms/${TOKEN}`,
    rawQueryString: '',
    headers: {
      accept: '*/*',
      'content-length': '300',
      'content-type': 'application/x-www-form-urlencoded',
      host: 'sms.example.com',
      'user-agent': 'curl/8.5.0',
      'x-amzn-trace-id': 'Root=1-5df5f1a6-0123456789abcdef01234567',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
    },
    pathParameters: { token: TOKEN },
    requestContext: {
      accountId: '000000000000',
      apiId: 'bench',
      domainName: 'sms.example.com',
      domainPrefix: 'sms',
      http: {
        method: 'POST',
        path: `/sms/${TOKEN}`,
        protocol: 'HTTP/1.1',
        sourceIp: '203.0.113.7',
        userAgent: 'curl/8.5.0',
      },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey: 'ANY /sms/{token}',
      stage: '$default',
      time: '15/Dec/2019:06:34:14 +0000',
      timeEpoch: 1_576_391_654_000,
    },
    body: Buffer.from(new URLSearchParams(fields).toString()).toString('base64'),
    isBase64Encoded: true,
  };
}
