import { expect, it } from 'vitest';
import {
  keptByStack,
  keptByTemplate,
  refuseToDropSettings,
} from '../../infra/plugin/settings-guard.js';
import { compileTemplate, EDGE_SECRET, EVERYTHING } from '../helpers/compiled-template.ts';

const TOPIC = 'arn:aws:sns:us-east-1:123456789012:messages';
/** What is deployed with every parameter set, and with none. */
const SET = keptByStack(
  {
    MESSAGES_TOPIC_ARN: `${TOPIC}.fifo`,
    MESSAGE_FORMAT: 'aws-two-way-sms',
    ALLOWED_SOURCE_CIDRS: '203.0.113.0/24',
    ALLOWED_SMS_NUMBERS: '61400000002',
  },
  { WebhookDomainTarget: 'd-1.execute-api.us-east-1.amazonaws.com' },
);
const UNSET = keptByStack({ MESSAGES_TOPIC_ARN: TOPIC, MESSAGE_FORMAT: 'inbound-sms' }, {});

const defaults = keptByTemplate(await compileTemplate());
const everything = keptByTemplate(
  await compileTemplate({ params: EVERYTHING, edgeSecrets: EDGE_SECRET }),
);

it('a deploy without settings is refused if it would set the defaults, and tells each way on', () => {
  const deploy = () => refuseToDropSettings(SET, defaults);
  expect(deploy).toThrow(
    ': topicType, messageFormat, domainName, allowedSourceCidrs, allowedSmsNumbers.\n',
  );
  expect(deploy).toThrow('--without-settings');
  expect(deploy).toThrow('Get the file from a colleague');
});

it.each([
  ['the stack has the defaults', UNSET, defaults],
  ['nothing of it is lost', SET, everything],
  ['something is set for the first time', UNSET, everything],
])('a deploy without settings is taken if %s', (_, deployed, next) => {
  expect(() => refuseToDropSettings(deployed, next)).not.toThrow();
});
