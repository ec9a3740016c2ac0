import { API, aws, FAILED_SWEEPS, FORWARDER, own, queue, TOPIC, WEBHOOK } from './metrics.js';

/**
 * What somebody should hear of, in the words of its e-mail: a colleague reads it who does not know this
 * project. docs/operations.md has a section of the alarm's name, with `lost` and `act` as they are here.
 *
 * An alarm watches one metric. A sum would need a value of each metric at all times, and most of them are
 * not sent before something happens: AWS does not document what `FILL` makes of a metric that was never
 * sent. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 *
 * Missing data is no alarm, so none goes off before its metric was sent for the first time.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 *
 * @typedef {object} Alarm
 * @property {string} name Of the alarm, after the stack's; and of the section, unless `section` is told.
 * @property {string} [section] Of docs/operations.md.
 * @property {string} [subscriber] The name of the subscriber that it is about.
 * @property {string} means What has happened.
 * @property {string} lost Whether a message is lost.
 * @property {string} act Whether somebody must do something now.
 * @property {import('./metrics.js').Metric} metric
 * @property {number} over The alarm goes off when the metric reaches it; `below` when it is under it.
 * @property {number} [seconds] Length of one period, 300 unless told.
 * @property {number} [periods] How many periods in a row, 1 unless told.
 * @property {boolean} [below]
 * @property {boolean} [silenceIsBad] The metric comes all the time: to hear nothing is bad, too. The state
 * is then INSUFFICIENT_DATA, in which every alarm begins, so that a new one does not go off.
 */

const RETRIED =
  'Not yet. The PBX sends it again, ten times in all, and then e-mails it to the fallback address.';

/** @type {Alarm[]} */
export const ALARMS = [
  {
    name: 'function-errors',
    means: 'The function that receives your SMS crashed, ran out of time or could not start.',
    lost: RETRIED,
    act: 'Yes, if it began with a deploy or goes on. Otherwise look today.',
    metric: aws('Lambda', 'Errors', WEBHOOK),
    over: 1,
  },
  {
    name: 'defects',
    means: 'The function that receives your SMS met a defect of its own.',
    lost: RETRIED,
    act: 'Yes, if it began with a deploy or goes on. Otherwise look today.',
    metric: own('Failed'),
    over: 1,
  },
  {
    name: 'throttles',
    means: 'AWS had no free capacity to run the function that receives your SMS.',
    lost: RETRIED,
    act: 'Yes, if it goes on: every attempt of the PBX counts.',
    metric: aws('Lambda', 'Throttles', WEBHOOK),
    over: 1,
  },
  {
    name: 'api-5xx',
    means: 'At least 5 requests failed within 5 minutes: AWS or this service has a problem.',
    lost: RETRIED,
    act: 'Yes: find out which of the two it is.',
    metric: aws('ApiGateway', '5xx', API),
    over: 5,
  },
  {
    name: 'api-throttled',
    means: 'More requests came than throttleRate lets through.',
    lost: RETRIED,
    act: 'Yes: find out whether they are your own messages or those of a stranger.',
    metric: own('Throttled'),
    over: 5,
  },
  {
    name: 'conflicts',
    means: 'A message came under the message_id of another one, and was refused.',
    lost: 'Not yet. What was refused is kept, and reaches your subscribers once you accept it.',
    act: 'No. Compare the two messages today.',
    metric: own('Conflict'),
    over: 1,
  },
  {
    name: 'refused-messages',
    means: 'Somebody who knows the URL sent something that is not accepted.',
    lost: 'Not yet. What was refused is kept, and reaches your subscribers once you accept it or an attempt of the PBX succeeds.',
    act: 'Yes: find out why it was refused. Mend the cause, then accept what is kept.',
    metric: own('Refused'),
    over: 1,
  },
  {
    name: 'rejected-tokens',
    means: 'Many requests came with a wrong URL: the PBX has an old one, or somebody guesses.',
    lost: 'No, if somebody guesses. If the PBX has an old URL: not yet, it sends each message ten times in all and then e-mails it to the fallback address.',
    act: 'Yes: find out whether the PBX has the right URL.',
    metric: own('UnknownToken'),
    over: 20,
  },
  {
    name: 'pending-too-long',
    means:
      'With the state ALARM: a stored message has waited for more than 5 minutes to be published. With INSUFFICIENT_DATA: the sweeper, which publishes it, has reported nothing for about 5 minutes.',
    lost: 'No. It is stored, and published as soon as the cause is gone.',
    act: 'Yes: your subscribers wait for it.',
    metric: own('OldestPendingAge', 'Maximum'),
    over: 301,
    seconds: 60,
    periods: 3,
    silenceIsBad: true,
  },
  {
    name: 'retry-budget-low',
    means: 'The PBX has sent a message at least 7 times without success. After 10 it gives up.',
    lost: 'No. It is stored, and published as soon as the cause is gone. The PBX e-mails it as well.',
    act: 'Yes: other messages may fail, too.',
    metric: own('RetryBudgetLow'),
    over: 1,
  },
  {
    name: 'sns-delivery-failures',
    means: 'A message could not be delivered to one of your subscribers.',
    lost: 'Perhaps, for that subscriber: it is not if a later attempt succeeds or a dead-letter queue holds it. The message is stored, and can be published again.',
    act: 'Yes: the next message may fail, too.',
    metric: aws('SNS', 'NumberOfNotificationsFailed', TOPIC),
    over: 1,
  },
  {
    name: 'dead-letter-failures',
    means:
      'A message could not be delivered to one of your subscribers, and not be put into its dead-letter queue either.',
    lost: 'Yes, for that subscriber. The message is stored, and can be published again.',
    act: 'Yes: the next one is lost in the same way.',
    metric: aws('SNS', 'NumberOfNotificationsFailedToRedriveToDlq', TOPIC),
    over: 1,
  },
  {
    name: 'failed-sweeps',
    means: 'The sweeper, which publishes what was left unpublished, failed or could not start.',
    lost: 'No. The next sweep, a minute later, publishes it.',
    act: 'No, unless pending-too-long goes off as well. Look today.',
    metric: aws('SQS', 'ApproximateNumberOfMessagesVisible', FAILED_SWEEPS, 'Maximum'),
    over: 1,
  },
];

/**
 * One period more than hours: CloudWatch's window moves on with the clock, so the first and the last period
 * of a new alarm are there after minutes. Without the one more, `hours: 1` would go off at birth.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
 *
 * @param {number} hours @returns {Alarm}
 */
export const noTraffic = (hours) => ({
  name: 'no-traffic',
  means: `No message has been published for ${hours} hours.`,
  lost: "Perhaps: if the PBX has no working URL, messages are in the PBX's fallback e-mails only.",
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
  means: `At least ${messages} messages came within an hour.`,
  lost: 'No.',
  act: 'Yes, if you did not expect so many: somebody may be using a leaked URL.',
  metric: own('Published'),
  over: messages,
  seconds: 3600,
});

/**
 * Of the function that forwards.
 *
 * @type {Alarm[]}
 */
export const FORWARDER_ALARMS = [
  {
    name: 'secret-missing',
    means: 'A secret of one of your subscribers is not set, or cannot be read.',
    lost: 'No. Each message waits in a queue, and is tried again for about a day.',
    act: 'Yes: set the secret. After a day, messages go to the dead-letter queue.',
    metric: own('SecretMissing'),
    over: 1,
  },
  {
    name: 'forwarder-errors',
    means:
      'The function that delivers to your subscribers crashed, ran out of time or could not start.',
    lost: 'No. Each message waits in a queue, and is tried again.',
    act: 'Yes, if it began with a deploy or goes on. Otherwise look today.',
    metric: aws('Lambda', 'Errors', FORWARDER),
    over: 1,
  },
];

/**
 * Of one subscriber.
 *
 * @param {string} subscriber Its name.
 * @param {string} deadLetters The logical id of its dead-letter queue.
 * @returns {Alarm}
 */
export const deadLettersOf = (subscriber, deadLetters) => ({
  name: `dead-letters-${subscriber}`,
  section: 'dead-letters',
  subscriber,
  means: `At least one message could not be delivered to the subscriber ${subscriber}, and was given up.`,
  lost: 'No. The dead-letter queue keeps it for about 13 days more, and the table holds it as well.',
  act: 'Yes: find out why, then deliver it again.',
  metric: aws('SQS', 'ApproximateNumberOfMessagesVisible', queue(deadLetters), 'Maximum'),
  over: 1,
});

/** What every alarm is called that a stack without subscribers can have, after its name and a hyphen. */
export const ALARM_NAMES = [...ALARMS, messageVolume(1), noTraffic(1)].map(({ name }) => name);

/**
 * What every alarm is called that a stack with these subscribers can have, after its name and a hyphen.
 *
 * @param {readonly { readonly name: string }[]} subscribers
 */
export const alarmNames = (subscribers) => [
  ...ALARM_NAMES,
  ...FORWARDER_ALARMS.map(({ name }) => name),
  ...subscribers.map(({ name }) => deadLettersOf(name, '').name),
];
