import { describe, expect, it } from 'vitest';
import { MAX_MEASURED, nameOf, sizeOf } from '../../../../tools/console/page/send/segments.ts';

describe('the size of a text', () => {
  it.each([
    ['nothing', '', { encoding: 'GSM-7', characters: 0, segments: 1, left: 160 }],
    ['plain text', 'Hello', { encoding: 'GSM-7', characters: 5, segments: 1, left: 155 }],
    ['a full segment', 'a'.repeat(160), { characters: 160, segments: 1, left: 0 }],
    ['one more', 'a'.repeat(161), { characters: 161, segments: 2, left: 145 }],
    ['GSM-7’s second table', '€'.repeat(80), { characters: 160, segments: 1, left: 0 }],
    ['letters of GSM-7', 'äöüñéø', { encoding: 'GSM-7', characters: 6, left: 154 }],
    ['a line break', 'a\nb', { encoding: 'GSM-7', characters: 3, left: 157 }],
    ['a full segment of UCS-2', '好'.repeat(70), { encoding: 'UCS-2', segments: 1, left: 0 }],
    ['one more of UCS-2', '好'.repeat(71), { characters: 71, segments: 2, left: 63 }],
    ['an emoji', 'Hi 👍', { encoding: 'UCS-2', characters: 5, segments: 1, left: 65 }],
  ])('counts %s', (_, text, size) => {
    expect(sizeOf(text)).toMatchObject(size);
  });

  it('names each character that GSM-7 does not have, once and in order', () => {
    expect(sizeOf('a’b‘c’d👍')?.beyondGsm).toEqual(['’', '‘', '👍']);
    expect(sizeOf('plain')?.beyondGsm).toEqual([]);
  });

  it('never has less than no room, however long one character is', () => {
    expect(sizeOf(`a${'\u0301'.repeat(200)}`)?.left).toBe(0);
  });

  it('is not taken of what no phone can send', () => {
    expect(sizeOf('a'.repeat(MAX_MEASURED))?.characters).toBe(MAX_MEASURED);
    expect(sizeOf('a'.repeat(MAX_MEASURED + 1))).toBeUndefined();
  });
});

describe('a character’s name', () => {
  it.each([
    ['’', '’ (U+2019)'],
    ['👍', '👍 (U+1F44D)'],
    ['👍🏽', '👍🏽'],
    ['\u00a0', 'U+00A0'],
    ['\u200b', 'U+200B'],
    ['\u202e', 'U+202E'],
    ['\u0301', 'U+0301'],
  ])('of %j is %s', (character, name) => {
    expect(nameOf(character)).toBe(name);
  });
});
