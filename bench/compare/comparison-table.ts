import { isMet, type Measurement, type Sample } from '../measurement.ts';
import { table } from '../table.ts';

/** Ours is compared with each of the others. */
const OURS = 'ours';
const NONE = '–';

/**
 * All measurements as one Markdown table: a line each, a column a contender, then what ours is of
 * each other, with the target where there is one.
 */
export function tableOf(
  measurements: readonly Measurement[],
  contenders: readonly string[],
): string {
  const others = contenders.filter((name) => name !== OURS);
  const header = [
    ...['measured', ...contenders],
    ...others.map((name) => `ours/${name}`),
    'target of ours',
  ];
  const lines = measurements.map((measurement) => [
    `${measurement.section}: ${measurement.name}, ${measurement.unit}`,
    ...contenders.map((name) => sampleText(measurement.samples[name])),
    ...others.map((name) => ratioText(measurement, name)),
    targetText(measurement),
  ]);
  return table([header, ...lines]);
}

function sampleText(sample: Sample | undefined): string {
  if (!sample) return NONE;
  const { median, quartiles, values, note } = sample;
  if (note !== undefined) return `${figure(median)} (${note})`;
  if (values.length === 1) return figure(median);
  return `${figure(median)} (${quartiles.map(figure).join('–')})`;
}

function ratioText({ samples, ratioTargets }: Measurement, other: string): string {
  const [ours, theirs] = [samples[OURS], samples[other]];
  // What needs a note is not a quantity of which one has a part of the other's.
  if (!ours || !theirs || theirs.median === 0 || ours.note !== undefined) return NONE;
  const ratio = ours.median / theirs.median;
  const target = ratioTargets?.[other];
  const text = ratio.toFixed(2);
  if (target === undefined) return text;
  return ratio <= target ? `${text} ≤ ${target.toFixed(2)}` : `${text} > ${target.toFixed(2)}`;
}

function targetText({ samples, target }: Measurement): string {
  const ours = samples[OURS];
  if (!ours || !target) return NONE;
  const text = target.is === 'exactly' ? `${target.value}` : `${target.is} ${target.value}`;
  return `${text}: ${isMet(ours.median, target) ? 'met' : 'missed'}`;
}

/** Three digits, or all before the point. */
function figure(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}
