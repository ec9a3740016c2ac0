/** Where in a CSV file something is wrong. */
export interface CsvPlace {
  /** The first line is 1. A cell may have several: the row's first one counts. */
  readonly line?: number;
  readonly column?: string;
}

/** What is wrong with a CSV file, in words for the person who made it. */
export class CsvFault extends Error {
  override readonly name = 'CsvFault';
  readonly place: CsvPlace;
  /** What is allowed, or what to do. */
  readonly hint: string;

  constructor(place: CsvPlace, message: string, hint: string) {
    super(message);
    this.place = place;
    this.hint = hint;
  }
}

/** Lines that a text ends; `\r\n` ends one. */
export function lineBreaks(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0;
}
