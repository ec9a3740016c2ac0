import type { PbxRequest } from '../../pbx-simulator/request.ts';

/** A request as HTTP/1.1 has it, without the headers that every client adds of its own. */
export function httpText(url: string, { method, headers, body }: PbxRequest): string {
  const { host, pathname, search } = new URL(url);
  const lines = [
    `${method} ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    ...Object.entries(headers).map(([name, value]) => `${capitalised(name)}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body ?? '')}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}

function capitalised(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}
