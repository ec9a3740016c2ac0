import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LATENCY, OUTCOMES, RATE } from '../../../../tools/console/page/activity/plots.ts';

type Triple = readonly [number, number, number];

/** How colours look to who has no cones of a kind: Machado, Oliveira, Fernandes 2009. */
const SIGHT = {
  'all cones': [1, 0, 0, 0, 1, 0, 0, 0, 1],
  'no red cones': [
    0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998,
  ],
  'no green cones': [
    0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881,
  ],
  'no blue cones': [
    1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039,
  ],
} as const;
/** In Oklab: https://bottosson.github.io/posts/oklab/ */
const TOLD_APART = 0.1;

function multiply(matrix: readonly number[], [x, y, z]: Triple): Triple {
  const row = (n: number) =>
    (matrix[n] ?? 0) * x + (matrix[n + 1] ?? 0) * y + (matrix[n + 2] ?? 0) * z;
  return [row(0), row(3), row(6)];
}

function map(triple: Triple, change: (value: number) => number): Triple {
  return [change(triple[0]), change(triple[1]), change(triple[2])];
}

function linear(hex: string): Triple {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return map([red, green, blue], (value) =>
    value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
  );
}

function oklab(rgb: Triple): Triple {
  const cones = multiply(
    [
      0.4122214708, 0.5363325363, 0.0514459929, 0.2119034982, 0.6806995451, 0.1073969566,
      0.0883024619, 0.2817188376, 0.6299787005,
    ],
    map(rgb, (value) => Math.min(1, Math.max(0, value))),
  );
  return multiply(
    [
      0.2104542553, 0.793617785, -0.0040720468, 1.9779984951, -2.428592205, 0.4505937099,
      0.0259040371, 0.7827717662, -0.808675766,
    ],
    map(cones, Math.cbrt),
  );
}

function distance(one: string, other: string, sight: keyof typeof SIGHT): number {
  const [a, b] = [one, other].map((hex) => oklab(multiply(SIGHT[sight], linear(hex))));
  return Math.hypot(...[0, 1, 2].map((n) => (a?.[n] ?? 0) - (b?.[n] ?? 0)));
}

function luminance(hex: string): number {
  const [red, green, blue] = linear(hex);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const tokens = readFileSync(
  new URL('../../../../tools/console/page/ui/base.css', import.meta.url),
  'utf8',
);
const [, light = '', dark = ''] = /--surface: light-dark\((#\w{6}), (#\w{6})\)/.exec(tokens) ?? [];
const SURFACES = { light, dark };

/** The colours of each plot, by what they stand for. */
const PLOTS = [OUTCOMES, LATENCY, RATE].map(
  ({ name: plot, series }) =>
    [plot, Object.fromEntries(series.map(({ name, ink }) => [name, ink]))] as const,
);

describe.each(['light', 'dark'] as const)('on a %s page', (page) => {
  it.each(PLOTS)('%s can be seen: 3:1 at least', (_, inks) => {
    expect(SURFACES[page]).toMatch(/^#/);
    for (const [name, ink] of Object.entries(inks)) {
      expect(contrast(ink[page], SURFACES[page]), name).toBeGreaterThanOrEqual(3);
    }
  });

  it.each(Object.keys(SIGHT) as (keyof typeof SIGHT)[])('are told apart with %s', (sight) => {
    for (const [, inks] of PLOTS) {
      const entries = Object.entries(inks);
      for (const [index, [name, ink]] of entries.entries()) {
        for (const [otherName, other] of entries.slice(index + 1)) {
          const apart = distance(ink[page], other[page], sight);
          expect(apart, `${name} and ${otherName}`).toBeGreaterThanOrEqual(TOLD_APART);
        }
      }
    }
  });
});
