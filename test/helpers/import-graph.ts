/** The imports of each file. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** All files that a file leads to, each with a shortest path of files in between. */
export function reachableFrom(file: string, graph: ImportGraph): Map<string, readonly string[]> {
  const ways = new Map<string, readonly string[]>();
  let next: readonly (readonly string[])[] = [[file]];
  while (next.length > 0) {
    const further: (readonly string[])[] = [];
    for (const way of next) {
      for (const imported of graph.get(way.at(-1) ?? '') ?? []) {
        if (imported === file || ways.has(imported)) continue;
        ways.set(imported, way);
        further.push([...way, imported]);
      }
    }
    next = further;
  }
  return ways;
}

/** Groups of files that lead to each other. Groups and files are sorted by name. */
export function cyclesIn(graph: ImportGraph): string[][] {
  const reached = new Map([...graph.keys()].map((file) => [file, reachableFrom(file, graph)]));
  const grouped = new Set<string>();
  const cycles: string[][] = [];
  for (const file of [...graph.keys()].toSorted()) {
    if (grouped.has(file)) continue;
    const group = [...(reached.get(file)?.keys() ?? [])].filter((other) =>
      reached.get(other)?.has(file),
    );
    if (group.length === 0) continue;
    for (const one of group) grouped.add(one);
    cycles.push([file, ...group].toSorted());
  }
  return cycles;
}
