import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { clientOf } from '../../tools/local/aws.ts';
import { hangUp, listen } from '../../tools/local/listen.ts';
import { FunctionLogs } from '../../tools/local/logs.ts';

export const LOG_GROUP = '/aws/lambda/receive';

interface Search {
  readonly filterPattern?: string;
  readonly startTime: number;
  readonly endTime?: number;
}

/** A webhook's log in an emulated CloudWatch. */
export class WebhookLog implements AsyncDisposable {
  /** All searches since the last reset. */
  asked: Search[] = [];
  /** Returns, for each search, whether it fails. */
  isDown: () => boolean = () => false;
  /** Whether to behave like an emulator that does not support the pattern. */
  ignoresPatterns = false;
  client!: CloudWatchLogsClient;
  #logs = new FunctionLogs();

  readonly #server = createServer(async (request, response) => {
    const search = JSON.parse(String(await buffer(request)));
    this.asked.push(search);
    const { filterPattern: _, ...others } = search;
    const understood = this.ignoresPatterns ? others : search;
    const answer = this.#logs.respond(request.headers, Buffer.from(JSON.stringify(understood)));
    const isDown = this.isDown();
    response.writeHead(isDown ? 400 : answer.status, answer.headers);
    response.end(isDown ? '{"__type":"AccessDeniedException"}' : answer.body);
  });

  static async start(): Promise<WebhookLog> {
    const log = new WebhookLog();
    const endpoint = `http://localhost:${await listen(log.#server)}`;
    log.client = new CloudWatchLogsClient({ ...clientOf(endpoint), maxAttempts: 1 });
    return log;
  }

  /** Resets it to its first state. */
  reset(): void {
    this.#logs = new FunctionLogs();
    this.asked = [];
    this.isDown = () => false;
    this.ignoresPatterns = false;
  }

  /** Writes an invocation's line, or any other text. */
  write(at: number, fields: Readonly<Record<string, unknown>> | string = {}): void {
    const line = { outcome: 'published', message_id: 'a', duration_ms: 12 };
    const text = typeof fields === 'string' ? fields : JSON.stringify({ ...line, ...fields });
    this.#logs.append(LOG_GROUP, text, at);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.destroy();
    await hangUp(this.#server);
  }
}
