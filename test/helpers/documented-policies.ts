import { readFile } from 'node:fs/promises';

/** The place of a policy: the values of its placeholders. */
export interface Place {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

export interface DocumentedStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: object;
}

export interface DocumentedPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly DocumentedStatement[];
}

/**
 * The statements of each JSON block below a document's heading, in order. A block is a policy, or an array
 * of statements to add to one.
 *
 * @param values Values of the document's other words in capitals, such as `KEY_ARN`.
 */
export async function documentedStatements(
  file: string,
  heading: string,
  place: Place,
  values: Readonly<Record<string, string>> = {},
): Promise<DocumentedStatement[][]> {
  const document = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
  const [, section = ''] = document.split(`\n${heading}\n`);
  const level = heading.split(' ')[0] ?? '';
  const [body = ''] = section.split(new RegExp(`^#{1,${level.length}} `, 'm'));
  const blocks = [...body.matchAll(/(?<=```json\n)[^`]+/g)];
  if (blocks.length === 0) throw new Error(`${file} has no policy below ${heading}`);
  const { partition, region, account } = place;
  const placeholders = { PARTITION: partition, REGION: region, ACCOUNT: account, ...values };
  return blocks.map(([json]) => {
    const filled = Object.entries(placeholders).reduce(
      (text, [name, value]) => text.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), value),
      json,
    );
    const parsed = JSON.parse(filled) as DocumentedPolicy | DocumentedStatement[];
    return 'Statement' in parsed ? [...parsed.Statement] : parsed;
  });
}

export function policyOf(statements: readonly DocumentedStatement[]): DocumentedPolicy {
  return { Version: '2012-10-17', Statement: statements };
}

/** All policies with one action or one resource less, and what each lacks. */
export function* weakened(
  statements: readonly DocumentedStatement[],
): Generator<{ readonly without: string; readonly statements: DocumentedStatement[] }> {
  for (const [index, statement] of statements.entries()) {
    for (const element of ['Action', 'Resource'] as const) {
      const values = [statement[element]].flat();
      for (const value of values) {
        const rest = values.filter((other) => other !== value);
        const others = statements.toSpliced(index, 1);
        const left = rest.length > 0 ? [...others, { ...statement, [element]: rest }] : others;
        yield { without: `${statement.Sid}: ${value}`, statements: left };
      }
    }
  }
}
