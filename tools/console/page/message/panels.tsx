import type { MessageDetail } from '../../protocol.ts';
import './panels.css';
import { prettyJson } from '../ui/format.ts';
import { CodeBlock, SafeText } from '../ui/texts.tsx';

/** The message as subscribers get it. */
export function NotificationPanel({
  notification: { message, subject, attributes },
}: Pick<MessageDetail, 'notification'>) {
  return (
    <div class="panel">
      <p class="muted">What subscribers of the topic get; the message arrives as one line.</p>
      <CodeBlock label="message" text={prettyJson(message)} />
      <div class="panel-table-frame">
        <table class="panel-table">
          <caption>Attributes, to filter by</caption>
          <tbody>
            {Object.entries(attributes).map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  <SafeText text={value} />
                </td>
              </tr>
            ))}
            <tr>
              <th scope="row">
                <i>subject</i>
              </th>
              <td>
                <SafeText text={subject} />
              </td>
            </tr>
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** The item in the table. */
export function RecordPanel({ record }: Pick<MessageDetail, 'record'>) {
  return (
    <div class="panel">
      <p class="muted">As it is stored.</p>
      <CodeBlock label="record" text={JSON.stringify(record, null, 2)} />
    </div>
  );
}
