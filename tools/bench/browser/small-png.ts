import { crc32, deflateSync } from 'node:zlib';
import type { Browser } from 'playwright-core';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** A palette has no more: https://www.w3.org/TR/png-3/#11PLTE */
const MOST_COLOURS = 256;
const PALETTE_COLOURS = 3;

interface Indexed {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of each colour. */
  readonly palette: readonly number[];
  /** A colour's place in the palette for each pixel, base64. */
  readonly pixels: string;
}

/**
 * A screenshot with a palette of its most frequent colours: less than half the bytes. The rest, the edges
 * of letters, takes the nearest of them.
 */
export async function smallPng(browser: Browser, png: Buffer): Promise<Buffer> {
  const { width, height, palette, pixels } = await indexed(browser, png);
  const indices = Buffer.from(pixels, 'base64');
  // Each line begins with its filter: none.
  const lines = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) {
    indices.copy(lines, y * (width + 1) + 1, y * width, (y + 1) * width);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, PALETTE_COLOURS], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette)),
    chunk('IDAT', deflateSync(lines, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([size, named, sum]);
}

/** By a browser, which can read pictures. */
async function indexed(browser: Browser, png: Buffer): Promise<Indexed> {
  const page = await browser.newPage();
  try {
    return await page.evaluate(readIndexed, [png.toString('base64'), MOST_COLOURS] as const);
  } finally {
    await page.close();
  }
}

/** Runs in the page. */
async function readIndexed([base64, mostColours]: readonly [string, number]): Promise<Indexed> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const { width, height } = picture;
  const context = new OffscreenCanvas(width, height).getContext('2d');
  if (!context) throw new Error('There is no canvas');
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const colourAt = (at: number) => [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0] as const;
  const keyOf = ([red, green, blue]: readonly [number, number, number]) =>
    red * 65_536 + green * 256 + blue;

  const counts = new Map<number, { colour: readonly [number, number, number]; count: number }>();
  for (let at = 0; at < data.length; at += 4) {
    const colour = colourAt(at);
    const counted = counts.get(keyOf(colour));
    if (counted) counted.count++;
    else counts.set(keyOf(colour), { colour, count: 1 });
  }
  const byCount = [...counts.values()].sort((a, b) => b.count - a.count);
  const palette = byCount.slice(0, mostColours).map(({ colour }) => colour);
  const distance = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, place) => sum + (value - (b[place] ?? 0)) ** 2, 0);
  const nearest = (colour: readonly number[]) =>
    palette.reduce(
      (best, other, place) =>
        distance(colour, other) < distance(colour, palette[best] ?? other) ? place : best,
      0,
    );
  const places = new Map([...counts].map(([key, { colour }]) => [key, nearest(colour)]));
  let pixels = '';
  for (let at = 0; at < data.length; at += 4) {
    pixels += String.fromCharCode(places.get(keyOf(colourAt(at))) ?? 0);
  }
  return { width, height, palette: palette.flat(), pixels: btoa(pixels) };
}
