import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../lib/aws/message-item.ts';
import type { CompiledTemplate } from './compiled-template.ts';

const fixture = (name: string) => new URL(`../fixtures/version-0.1.0/${name}`, import.meta.url);
const read = (name: string) => readFileSync(fixture(name), 'utf8');

export const SETTINGS_0_1_0 = read('settings');
export const DOTENV_0_1_0 = fileURLToPath(fixture('dotenv'));

/** Made of these settings and this `.env` for the stage `prod`. */
export const TEMPLATE_0_1_0: CompiledTemplate = JSON.parse(read('template.json'));

/** What it left in the table: a message, a refused request, or what a day may still keep of those. */
export interface Left {
  readonly what: string;
  readonly state:
    | ('unclaimed' | 'claimed' | 'published')
    | ('waiting' | 'cut' | 'begun' | 'accepted' | 'discarded')
    | 'allowance';
  /** What the PBX sent. */
  readonly form: string;
  readonly item: Item;
}

const LEFT: readonly Left[] = JSON.parse(read('items.json'));
const NEWEST = Math.max(...LEFT.map(({ item }) => Number(item.received_at?.N ?? 0)));
/** Records expire. So all of them are moved, as if the last one had come ten minutes ago. */
const MOVED_BY_MS = Date.now() - 600_000 - NEWEST;

export const LEFT_BY_0_1_0: readonly Left[] = LEFT.map((left) => ({
  ...left,
  item: moved(left.item),
}));

function moved(item: Item): Item {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [name, movedValue(name, value)]),
  );
}

function movedValue(name: string, value: AttributeValue): AttributeValue {
  // JSON has no bytes.
  if (value.B) return { B: Buffer.from(String(value.B), 'base64') };
  if (value.M) return { M: moved(value.M) };
  if (value.N === undefined || !/_(at|until)$/.test(name)) return value;
  const by = name === 'expires_at' ? Math.round(MOVED_BY_MS / 1_000) : MOVED_BY_MS;
  return { N: String(Number(value.N) + by) };
}
