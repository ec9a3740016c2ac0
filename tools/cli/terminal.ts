import { styleText } from 'node:util';

/** Columns, if a terminal does not say: some say 0. */
export const DEFAULT_WIDTH = 80;

type Format = Parameters<typeof styleText>[0];

/** The text in a colour or weight, if the stream is a terminal that shows them. Honours `NO_COLOR`. */
export function styled(stream: NodeJS.WriteStream, format: Format, text: string): string {
  return styleText(format, text, { stream });
}
