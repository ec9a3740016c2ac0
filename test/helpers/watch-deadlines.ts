/**
 * Wraps a port and records the name of each call's deadline.
 *
 * @param calls Gets `method: deadline` for each call; `undefined` for a call without a deadline.
 */
export function watchDeadlines<Port extends object>(
  port: Port,
  deadlines: Readonly<Record<string, AbortSignal>>,
  calls: string[],
): Port {
  const nameOf = (last: unknown) =>
    Object.entries(deadlines).find(([, deadline]) => deadline === last)?.[0];
  return new Proxy(port, {
    get: (_, property) => {
      const value: unknown = Reflect.get(port, property);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        calls.push(`${String(property)}: ${nameOf(args.at(-1))}`);
        return value.apply(port, args);
      };
    },
  });
}
