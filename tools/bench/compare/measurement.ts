import { type Sample, sampleOf, table } from '../report.ts';

/** The targets of the service. Sizes and calls are tested. Times are only shown beside the targets. */
export const TARGETS = {
  /** Of each function. */
  bundle: { minifiedBytes: 250_000, zippedBytes: 91_000, modules: 345 },
  /**
   * AWS calls for a request, by outcome. One call keeps a refused request. The first that a
   * process keeps, here the conflict, takes another call.
   */
  calls: { new: 3, duplicate: 1, 'in flight': 1, conflict: 3, rejected: 1 },
  /** Bytes on the heap for a new message: 371,000 to 376,000 measured, and 2 % for another V8. */
  allocatedBytes: 384_000,
  /** Ours divided by each contender's. */
  coldRatios: { floor: 0.8, powertools: 0.7, naive: 0.6 },
  warmRatios: { floor: 0.95, powertools: 0.65 },
  duplicateRatios: { floor: 1, powertools: 0.65 },
  /** Under Lambda's conditions: wall times, and the CPU time of the first message. */
  lambdaRatios: {
    start: { floor: 1.15 },
    firstWall: { floor: 0.3 },
    firstCpu: { floor: 0.35 },
    startAndFirst: { floor: 0.55, powertools: 0.45 },
  },
  peakMemoryRatios: { floor: 1.05 },
  /** Of one invocation. */
  sweptRecordsPerSecond: 2_000,
} as const;

/** One line of the table. */
export interface Line {
  readonly name: string;
  readonly unit: string;
  /** The largest allowed quotient of our value and a contender's. */
  readonly ratioTargets?: Readonly<Record<string, number>>;
  /** The target for our own value. */
  readonly target?: Target;
}

/** One quantity, measured for every contender that has it. */
export interface Measurement extends Line {
  readonly section: string;
  readonly samples: Readonly<Record<string, Sample>>;
}

export interface Target {
  readonly is: 'at most' | 'at least' | 'exactly';
  readonly value: number;
}

export function isMet(value: number, target: Target): boolean {
  if (target.is === 'at most') return value <= target.value;
  return target.is === 'at least' ? value >= target.value : value === target.value;
}

/** How fast `values` grow a step: the slope of the line that fits best, and its standard error. */
export function growthOf(values: readonly number[]): { slope: number; error: number } {
  const meanX = (values.length - 1) / 2;
  const meanY = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [squaresX, squaresY, products] = [0, 0, 0];
  for (const [x, y] of values.entries()) {
    squaresX += (x - meanX) ** 2;
    squaresY += (y - meanY) ** 2;
    products += (x - meanX) * (y - meanY);
  }
  const slope = squaresX === 0 ? 0 : products / squaresX;
  if (values.length < 3) return { slope, error: 0 };
  const residuals = Math.max(0, squaresY - slope * products);
  return { slope, error: Math.sqrt(residuals / (values.length - 2) / squaresX) };
}

/** A measured value of a line. */
export interface Entry {
  readonly line: Line;
  readonly contender: string;
  readonly value: number;
  /** Shown beside the value instead of the spread. */
  readonly note?: string | undefined;
}

/** The lines of a section, in the order of their first values. */
export function measurementsOf(section: string, entries: readonly Entry[]): Measurement[] {
  return [...Map.groupBy(entries, ({ line }) => line.name).values()].flatMap((ofLine) => {
    const [first] = ofLine;
    if (!first) return [];
    const samples: Record<string, Sample> = {};
    for (const [contender, own] of Map.groupBy(ofLine, (entry) => entry.contender)) {
      const values = own.map(({ value }) => value);
      samples[contender] = sampleOf(values, own[0]?.note);
    }
    return [{ section, ...first.line, samples }];
  });
}

/** Compares ours with each of the others. */
const OURS = 'ours';
const NONE = '–';

/**
 * All measurements as one Markdown table: a line for each, a column for each contender, then our
 * value divided by each other's, with the target if there is one.
 */
export function tableOf(
  measurements: readonly Measurement[],
  contenders: readonly string[],
): string {
  const others = contenders.filter((name) => name !== OURS);
  const ratios = others.map((name) => `ours/${name}`);
  const lines = measurements.map((measurement) => [
    `${measurement.section}: ${measurement.name}, ${measurement.unit}`,
    ...contenders.map((name) => sampleText(measurement.samples[name])),
    ...others.map((name) => ratioText(measurement, name)),
    targetText(measurement),
  ]);
  return table([['measured', ...contenders, ...ratios, 'target of ours'], ...lines]);
}

function sampleText(sample: Sample | undefined): string {
  if (!sample) return NONE;
  const { median, quartiles, values, note } = sample;
  if (note !== undefined) return `${shortFigure(median)} (${note})`;
  if (values.length === 1) return shortFigure(median);
  return `${shortFigure(median)} (${quartiles.map(shortFigure).join('–')})`;
}

function ratioText({ samples, ratioTargets }: Measurement, other: string): string {
  const [ours, theirs] = [samples[OURS], samples[other]];
  // A value with a note cannot be divided by another.
  if (!ours || !theirs || theirs.median === 0 || ours.note !== undefined) return NONE;
  const ratio = ours.median / theirs.median;
  const target = ratioTargets?.[other];
  const text = ratio.toFixed(2);
  if (target === undefined) return text;
  return `${text} ${ratio <= target ? '≤' : '>'} ${target.toFixed(2)}`;
}

function targetText({ samples, target }: Measurement): string {
  const ours = samples[OURS];
  if (!ours || !target) return NONE;
  const text = target.is === 'exactly' ? `${target.value}` : `${target.is} ${target.value}`;
  return `${text}: ${isMet(ours.median, target) ? 'met' : 'missed'}`;
}

/** Three digits, or all digits before the point. */
function shortFigure(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}
