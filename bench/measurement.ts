/** Figures of one kind, as often as they were taken. */
export interface Sample {
  readonly median: number;
  /** First and third quartile. */
  readonly quartiles: readonly [number, number];
  /** In the order in which they were taken. */
  readonly values: readonly number[];
  /** Shown beside the median instead of the spread. */
  readonly note?: string;
}

/** One line of the table: the same thing measured of every contender that has it. */
export interface Measurement {
  readonly section: string;
  readonly name: string;
  readonly unit: string;
  readonly samples: Readonly<Record<string, Sample>>;
  /** What ours divided by a contender's may be at most. */
  readonly ratioTargets?: Readonly<Record<string, number>>;
  /** What ours itself should be. */
  readonly target?: Target;
}

export interface Target {
  readonly is: 'at most' | 'at least' | 'exactly';
  readonly value: number;
}

/** @throws {RangeError} If there are no values. */
export function sampleOf(values: readonly number[], note?: string): Sample {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    quartiles: [quantile(sorted, 0.25), quantile(sorted, 0.75)],
    values,
    ...(note !== undefined && { note }),
  };
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
  if (values.length < 3) return { slope: squaresX === 0 ? 0 : products / squaresX, error: 0 };
  const slope = products / squaresX;
  const residuals = Math.max(0, squaresY - slope * products);
  return { slope, error: Math.sqrt(residuals / (values.length - 2) / squaresX) };
}

/** Linear between the two values next to it. */
function quantile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new RangeError('No values were taken');
  return below + (above - below) * (position - Math.floor(position));
}
