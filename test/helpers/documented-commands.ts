import { readFileSync } from 'node:fs';

/** What a document tells to run, in blocks and in the middle of a sentence, each once: `bin/NAME ...`. */
export function commandsIn(document: string, name: 'inbound-sms' | 'serverless'): string[] {
  const found = document.matchAll(new RegExp(`\\bbin/${name} ([^\`\\n|#)]+)`, 'g'));
  return [...new Set([...found].map(([, args = '']) => args.trim()))];
}

/** A command line as a shell splits it, of plain words and '…'. */
export function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
}

/** The text of a file of this project. */
export function read(file: string): string {
  return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
}
