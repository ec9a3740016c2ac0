import { once } from 'node:events';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { MESSAGE_FORMATS } from '../../../lib/messages/notification.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { stackCommand, tableOption, withStack } from '../command.ts';
import { messageFormatOf } from '../message-options.ts';
import type { Runtime } from '../runtime.ts';

/** `inbound-sms console` */
export function consoleCommand(runtime: Runtime) {
  return stackCommand(runtime, 'console', {
    summary: 'look at messages in a browser',
    description:
      'Serves a page on this machine only, and reads with your AWS credentials: messages as they arrive, conversations, search, what happened to each message, and the activity of the webhook.\nOpen the printed URL. It works once: the first browser that opens it gets the session, so other pages and other users of this machine see nothing.\nThe page changes nothing. With --allow-replay it can publish messages again.',
    examples: [
      ['--stage prod', 'until Ctrl-C'],
      ['--stage prod --allow-replay', 'with the right to publish messages again'],
      ['--stage prod --port 3001', 'on a fixed port, for an SSH tunnel'],
    ],
  })
    .addOption(
      new Option('--port <port>', 'port of the page')
        .argParser(parsePort)
        .default(0, 'any free port'),
    )
    .addOption(tableOption())
    .option('--allow-replay', 'let the page publish messages again, to every subscriber')
    .addOption(
      new Option('--format <format>', 'format of messages, if the stack does not tell').choices(
        MESSAGE_FORMATS,
      ),
    )
    .action((options) =>
      withStack(runtime, options, async (stack, output) => {
        const { port, allowReplay = false } = options;
        const { signal } = output;
        // A table does not tell the format of its messages. Looking at them needs no right format.
        const given = options.format ?? (stack.isTableOnly ? MESSAGE_FORMATS[0] : undefined);
        const format = messageFormatOf(stack, given);
        // Loaded late: no other command needs the tools that build the page.
        const { startConsole } = await import('../console-server.ts');
        const starting = startConsole(stack, { port, allowReplay, format, signal });
        await using served = await starting.catch((error) => {
          throw portError(error, port);
        });
        const { url } = served;
        if (output.isJson) await output.json({ stack: stack.name, url, replay: allowReplay });
        else await output.text(url);
        output.note(`This is the console of ${stack.name}. To end it, press Ctrl-C.`);
        if (!signal.aborted) await once(signal, 'abort');
      }),
    );
}

function portError(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    const hint = 'Give another --port, or leave it out for any free port.';
    return new CliError(EXIT.failed, `Port ${port} is in use.`, hint);
  }
  if (error.code === 'EACCES') {
    const hint = 'Give a --port of 1024 or above, or leave it out for any free port.';
    return new CliError(EXIT.notAllowed, `Port ${port} needs elevated privileges.`, hint);
  }
  return error;
}

/** @throws {InvalidArgumentError} For the parser to say. */
function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('It must be a port from 1 to 65535, or 0 for any free port.');
}
