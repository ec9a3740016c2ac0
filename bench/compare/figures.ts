import { type Sample, sampleOf } from '../measurement.ts';

/** What was measured so far, of every contender, by the name of the figure. */
export class Figures {
  readonly #values = new Map<string, Map<string, number[]>>();

  add(contender: string, values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values)) {
      const byContender = this.#values.get(name) ?? new Map<string, number[]>();
      this.#values.set(name, byContender);
      byContender.set(contender, [...(byContender.get(contender) ?? []), value]);
    }
  }

  samples(name: string): Record<string, Sample> {
    const byContender = [...(this.#values.get(name) ?? [])];
    return Object.fromEntries(
      byContender.map(([contender, values]) => [contender, sampleOf(values)]),
    );
  }
}
