import { API, aws, FAILED_SWEEPS, FORWARDER, own, queue, TOPIC, WEBHOOK } from './metrics.js';

/**
 * The alarms, in the words of their e-mails: cause, consequence, next step. The reader may not know this
 * project. Each alarm's section in docs/operations.md begins with the same words.
 *
 * An alarm watches one metric. A sum needs a value of each metric at all times, but most metrics are not
 * sent before something happens. AWS does not document what `FILL` makes of a metric that was never sent.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 *
 * Missing data is no alarm, so no alarm goes off before its metric was sent for the first time.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 *
 * @typedef {object} Alarm
 * @property {string} name Of the alarm, after the stack's name. Also of the section, unless `section` is set.
 * @property {string} [section] Of docs/operations.md.
 * @property {string} [subscriber] The name of the subscriber, if the alarm is about one.
 * @property {string} means What has happened: the cause.
 * @property {string} lost Whether a message is lost.
 * @property {string} act Whether somebody must act now, and the next step.
 * @property {import('./metrics.js').Metric} metric
 * @property {number} over The alarm goes off when the metric reaches it, or with `below` when the metric is under it.
 * @property {number} [seconds] Length of one period, 300 by default.
 * @property {number} [periods] How many periods in a row, 1 by default.
 * @property {boolean} [below]
 * @property {boolean} [silenceIsBad] The metric is sent all the time, so missing data is bad, too. The state
 * is then INSUFFICIENT_DATA. Every new alarm begins in it, so a new one does not go off.
 */

const RETRIED =
  'Not yet. The PBX tries each message ten times, then e-mails it to its fallback address.';

/** @type {Alarm[]} */
export const ALARMS = [
  {
    name: 'function-errors',
    means: 'The function that receives your SMS crashed, ran out of time or could not start.',
    lost: RETRIED,
    act: 'Yes, if it began with a deploy or goes on. Otherwise look at the log today.',
    metric: aws('Lambda', 'Errors', WEBHOOK),
    over: 1,
  },
  {
    name: 'defects',
    means: 'The function that receives your SMS failed because of a bug in it.',
    lost: RETRIED,
    act: 'Yes, if it began with a deploy or goes on. Otherwise look at the log today.',
    metric: own('Failed'),
    over: 1,
  },
  {
    name: 'throttles',
    means: 'Lambda refused to run the function that receives your SMS: its concurrency is used up.',
    lost: RETRIED,
    act: 'Yes, if it goes on: the PBX has only ten attempts for each message.',
    metric: aws('Lambda', 'Throttles', WEBHOOK),
    over: 1,
  },
  {
    name: 'api-5xx',
    means: 'At least 5 requests failed within 5 minutes: AWS or this service has a problem.',
    lost: RETRIED,
    act: 'Yes: find out whether AWS or this service is the cause.',
    metric: aws('ApiGateway', '5xx', API),
    over: 5,
  },
  {
    name: 'api-throttled',
    means:
      'At least 5 requests in 5 minutes were refused, because more came than throttleRate lets through.',
    lost: RETRIED,
    act: 'Yes: find out whether the PBX or a stranger sends them.',
    metric: own('Throttled'),
    over: 5,
  },
  {
    name: 'conflicts',
    means: 'A message was refused, because a different message has its message_id.',
    lost: 'Not yet. The refused message is kept. Your subscribers get it once you accept it.',
    act: 'No. Compare the two messages today.',
    metric: own('Conflict'),
    over: 1,
  },
  {
    name: 'refused-messages',
    means:
      'A request to the right URL was refused for its content, its source or the number that it was sent to.',
    lost: 'Not yet. The refused message is kept. Your subscribers get it once you accept it or the PBX sends it again with success.',
    act: 'Yes: fix the cause, then accept what is kept.',
    metric: own('Refused'),
    over: 1,
  },
  {
    name: 'rejected-tokens',
    means:
      'At least 20 requests in 5 minutes had a wrong token: the PBX has an old URL, or somebody is guessing.',
    lost: 'No, if somebody is guessing. Not yet, if the PBX has an old URL: it tries each message ten times, then e-mails it to its fallback address.',
    act: 'Yes: check that the PBX has the right URL.',
    metric: own('UnknownToken'),
    over: 20,
  },
  {
    name: 'pending-too-long',
    means:
      'In the state ALARM, a stored message has waited for more than 5 minutes to be published. In the state INSUFFICIENT_DATA, the sweeper, which publishes such messages, has reported nothing for about 5 minutes.',
    lost: 'No. It is stored, and is published once the cause is gone.',
    act: 'Yes: your subscribers are waiting for it.',
    metric: own('OldestPendingAge', 'Maximum'),
    over: 301,
    seconds: 60,
    periods: 3,
    silenceIsBad: true,
  },
  {
    name: 'retry-budget-low',
    means: 'The PBX has sent a message at least 7 times without success. It gives up after 10.',
    lost: 'No. It is stored, and is published once the cause is gone. If the PBX gives up, it e-mails the message as well.',
    act: 'Yes: fix the cause. Other messages may fail, too.',
    metric: own('RetryBudgetLow'),
    over: 1,
  },
  {
    name: 'sns-delivery-failures',
    means: 'SNS could not deliver a message to one of your subscribers.',
    lost: 'Perhaps, for that subscriber. It is not lost if a later attempt succeeds or a dead-letter queue has it. The table has it, too: you can publish it again.',
    act: 'Yes: fix the subscriber. The next message may fail, too.',
    metric: aws('SNS', 'NumberOfNotificationsFailed', TOPIC),
    over: 1,
  },
  {
    name: 'dead-letter-failures',
    means:
      'SNS could not deliver a message to one of your subscribers, and could not put it into its dead-letter queue.',
    lost: 'Yes, for that subscriber. The table has it: you can publish it again.',
    act: 'Yes: fix the queue. The next message is lost in the same way.',
    metric: aws('SNS', 'NumberOfNotificationsFailedToRedriveToDlq', TOPIC),
    over: 1,
  },
  {
    name: 'failed-sweeps',
    means: 'The sweeper, which publishes what was left unpublished, failed or could not start.',
    lost: 'No. The next sweep publishes it a minute later.',
    act: 'No, unless pending-too-long goes off as well. Look at the log today.',
    metric: aws('SQS', 'ApproximateNumberOfMessagesVisible', FAILED_SWEEPS, 'Maximum'),
    over: 1,
  },
];

/**
 * One period more than hours: CloudWatch's window moves with the clock, so the first and the last period of a
 * new alarm have data after minutes. Without one more, a new alarm with `hours: 1` would go off.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
 *
 * @param {number} hours @returns {Alarm}
 */
export const noTraffic = (hours) => ({
  name: 'no-traffic',
  means: `No message has been published for ${hours} ${hours === 1 ? 'hour' : 'hours'}.`,
  lost: 'Perhaps. If the PBX has no working URL, messages are only in its fallback e-mails.',
  act: 'Yes, unless a quiet time explains it: send yourself an SMS.',
  metric: own('Published'),
  over: 1,
  below: true,
  seconds: 3600,
  periods: hours + 1,
});

/** @param {number} messages @returns {Alarm} */
export const messageVolume = (messages) => ({
  name: 'message-volume',
  means: `At least ${messages} messages were published within an hour.`,
  lost: 'No.',
  act: 'Yes, if you did not expect so many: somebody may be using a leaked URL.',
  metric: own('Published'),
  over: messages,
  seconds: 3600,
});

/** The alarms of the function that forwards. @type {Alarm[]} */
export const FORWARDER_ALARMS = [
  {
    name: 'secret-missing',
    means: 'A secret of one of your subscribers is not set, cannot be read or is malformed.',
    lost: 'No. Each message waits in a queue, and is tried again for about a day.',
    act: 'Yes: set the secret. After about a day, messages go to the dead-letter queue.',
    metric: own('SecretMissing'),
    over: 1,
  },
  {
    name: 'forwarder-errors',
    means:
      'The function that delivers to your subscribers crashed, ran out of time or could not start.',
    lost: 'No. Each message waits in a queue, and is tried again.',
    act: 'Yes, if it began with a deploy or goes on. Otherwise look at the log today.',
    metric: aws('Lambda', 'Errors', FORWARDER),
    over: 1,
  },
];

/**
 * The alarm of one subscriber.
 *
 * @param {string} subscriber Its name.
 * @param {string} deadLetters The logical id of its dead-letter queue.
 * @returns {Alarm}
 */
export const deadLettersOf = (subscriber, deadLetters) => ({
  name: `dead-letters-${subscriber}`,
  section: 'dead-letters',
  subscriber,
  means: `All attempts to deliver a message to the subscriber ${subscriber} failed.`,
  lost: 'No. The dead-letter queue keeps it for about 13 days more, and the table has it as well.',
  act: 'Yes: fix the cause, then deliver it again.',
  metric: aws('SQS', 'ApproximateNumberOfMessagesVisible', queue(deadLetters), 'Maximum'),
  over: 1,
});

/** The names of the alarms that a stack without subscribers can have. The stack's name and a hyphen come before. */
export const ALARM_NAMES = [...ALARMS, messageVolume(1), noTraffic(1)].map(({ name }) => name);

/**
 * The names of the alarms that a stack with these subscribers can have. The stack's name and a hyphen come before.
 *
 * @param {readonly { readonly name: string }[]} subscribers
 */
export const alarmNames = (subscribers) => [
  ...ALARM_NAMES,
  ...FORWARDER_ALARMS.map(({ name }) => name),
  ...subscribers.map(({ name }) => deadLettersOf(name, '').name),
];
