import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { MESSAGE_FORMATS } from '../../lib/messages/notification.ts';
import { type Definition, type FieldSchema, MESSAGE_SCHEMA } from '../helpers/message-schema.ts';

const document = await readFile(new URL('../../docs/message-contract.md', import.meta.url), 'utf8');

/** The section under this heading. */
function sectionOf(heading: string): string {
  const [, section] = document.split(`\n## ${heading}\n`);
  return section?.split('\n## ')[0] ?? expect.unreachable(`There is no section ${heading}`);
}

const definitionOf = (name: string): Definition => MESSAGE_SCHEMA.$defs[name] ?? {};

function typeOf({ $ref = '', ...schema }: FieldSchema): string {
  const { type, additionalProperties } = {
    ...definitionOf($ref.slice('#/$defs/'.length)),
    ...schema,
  };
  return additionalProperties ? `${type} of ${additionalProperties.type}s` : String(type);
}

it.each(MESSAGE_FORMATS)('has a table of %s with every field of the schema', (format) => {
  const rows = [...sectionOf(`\`${format}\``).matchAll(/^\| `(\w+)` +\| (.+?) +\| (.+?) +\|$/gm)];
  const { properties = {}, required = [] } = definitionOf(format);
  const expected = Object.entries(properties).map(([field, schema]) => [
    field,
    typeOf(schema) + (required.includes(field) ? '' : ', may be absent'),
    schema.description,
  ]);
  expect(rows.map(([, ...cells]) => cells)).toEqual(expected);
});

it('names every attribute of the schema', () => {
  const [names = ''] = sectionOf('Attributes and subject').split('They are');
  const { properties = {} } = definitionOf('attributes');
  expect([...names.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort()).toEqual(
    Object.keys(properties).sort(),
  );
});
