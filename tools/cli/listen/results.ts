import { cellOf, columnsOf, messagesText } from '../message-columns.ts';
import type { Output } from '../output.ts';
import type { TableWriter } from '../table.ts';
import type { HeardMessage } from './heard-message.ts';
import type { Source } from './listener.ts';
import type { Exchange, PostFormat } from './receiver.ts';

const COLUMNS = ['received_at', 'from', 'sms_number', 'message_id'] as const;

interface Beginning {
  readonly url: string;
  readonly format: PostFormat;
  /** Nothing if the user has given a secret: it may be one of production, so nothing shows it. */
  readonly madeSecret: string | undefined;
}

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
      { title: 'ANSWER', width: 6 },
      { title: 'MS', width: 6, align: 'right' },
      { title: 'SOURCE', width: 7 },
      ...columnsOf(COLUMNS),
    ]);
  }

  get isDone(): boolean {
    return this.#posted >= this.#limit;
  }

  /** Once nothing that is published from now on can be missed. */
  async begin({ url, format, madeSecret }: Beginning): Promise<void> {
    if (this.#output.isJson) {
      const secret = format === 'https' && madeSecret && { secret: madeSecret };
      return this.#output.json({ forward_to: url, format, ...secret });
    }
    this.#output.note(
      format === 'sns'
        ? 'Live messages have the signature of SNS. Messages from the archive have none.'
        : madeSecret === undefined
          ? 'The requests are signed with INBOUND_SMS_SECRET.'
          : `The secret that verifies the requests: ${madeSecret}`,
    );
    this.#output.note('Listening. Ctrl-C ends it.');
  }

  async show(message: HeardMessage, source: Source, { status, ms }: Exchange): Promise<void> {
    const output = this.#output;
    this.#posted++;
    const isAccepted = status >= 200 && status < 300;
    if (!isAccepted) this.#failed++;
    const { message_id, from, sms_number, received_at, replay } = message;
    if (output.isJson) {
      const fields = { message_id, from, sms_number, ...(received_at && { received_at }) };
      await output.json({ ...fields, source, ...(replay && { replay }), status, ms });
      return;
    }
    const cells = { received_at: received_at ?? Date.now(), from, sms_number, message_id };
    await this.#table.write([
      [
        output.style(isAccepted ? 'green' : 'red', String(status)),
        String(ms),
        replay === undefined ? source : 'replay',
        ...COLUMNS.map((name) => cellOf(name, cells[name])),
      ],
    ]);
  }

  /** @param again The command that goes on. */
  end(again: string): void {
    this.#output.note(`Posted ${messagesText(this.#posted)}. To go on: ${again}`);
    if (this.#failed === 0) return;
    this.#output.note(
      `${this.#failed} of them were answered with an error. To post them again, give --since instead of --resume.`,
    );
  }
}
