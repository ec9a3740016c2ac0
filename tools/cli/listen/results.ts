import { printableLine } from '../../shared/terminal-text.ts';
import { cellOf, columnsOf, messagesText } from '../message-columns.ts';
import type { Output } from '../output.ts';
import type { TableWriter } from '../table.ts';
import type { HeardMessage } from './heard-message.ts';
import type { Source } from './listener.ts';
import type { Exchange, PostFormat } from './receiver.ts';

const COLUMNS = ['received_at', 'from', 'sms_number', 'message_id'] as const;

/** What people and scripts see of each message. */
export class Results {
  readonly #output: Output;
  readonly #limit: number;
  readonly #table: TableWriter;
  #posted = 0;
  #failed = 0;

  /** @param limit As many messages are posted at most. */
  constructor(output: Output, limit: number) {
    this.#output = output;
    this.#limit = limit;
    this.#table = output.table([
      { title: 'ANSWER', width: 20 },
      { title: 'MS', width: 6, align: 'right' },
      { title: 'SOURCE', width: 7 },
      ...columnsOf(COLUMNS),
    ]);
  }

  get isDone(): boolean {
    return this.#posted >= this.#limit;
  }

  /** Once nothing that is published from now on can be missed. */
  async begin({ url, format, secret }: { url: string; format: PostFormat; secret: string }) {
    if (this.#output.isJson) {
      return this.#output.json({ forward_to: url, format, ...(format === 'https' && { secret }) });
    }
    this.#output.note(
      format === 'https'
        ? `The secret that verifies the requests: ${secret}`
        : 'What comes live has the signature of SNS. What comes from the archive has none.',
    );
    this.#output.note('Listening. Ctrl-C ends it.');
  }

  async show(message: HeardMessage, source: Source, { answer, ms }: Exchange): Promise<void> {
    const output = this.#output;
    this.#posted++;
    const isAccepted = 'status' in answer && answer.status >= 200 && answer.status < 300;
    if (!isAccepted) this.#failed++;
    const { message_id, from, sms_number, received_at, replay } = message;
    if (output.isJson) {
      const { retryAfter: _, ...outcome } = { retryAfter: undefined, ...answer };
      const fields = { message_id, from, sms_number, ...(received_at && { received_at }) };
      await output.json({ ...fields, source, ...(replay && { replay }), ...outcome, ms });
      return;
    }
    const text = 'status' in answer ? String(answer.status) : answer.fault;
    const cells = { received_at: received_at ?? Date.now(), from, sms_number, message_id };
    await this.#table.write([
      [
        output.style(isAccepted ? 'green' : 'red', printableLine(text)),
        String(ms),
        replay === undefined ? source : 'replay',
        ...COLUMNS.map((name) => cellOf(name, cells[name])),
      ],
    ]);
  }

  /** @param again The command that goes on. */
  end(again: string): void {
    const failed = this.#failed === 0 ? '' : `, ${this.#failed} of them not accepted`;
    this.#output.note(`Posted ${messagesText(this.#posted)}${failed}. To go on: ${again}`);
  }
}
