import { readFileSync } from 'node:fs';

/** The commands `bin/NAME ...` in a document, in blocks and in sentences, without duplicates. */
export function commandsIn(document: string, name: 'inbound-sms' | 'serverless'): string[] {
  const found = document.matchAll(new RegExp(`\\bbin/${name} ([^\`\\n|#)]+)`, 'g'));
  return [...new Set([...found].map(([, args = '']) => args.trim()))];
}

/** The words of a command line, as a shell splits it. It supports plain words and '…'. */
export function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
}

/** The text of a project file. */
export function read(file: string): string {
  return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
}
