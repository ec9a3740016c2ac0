import { badInput } from './http-error.ts';

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** The fields of a request, each looked at by what it may be. An absent one is `undefined`. */
export class Fields {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #known = new Set<string>();
  /** Everything is a text in the query of a URL. */
  readonly #isQuery: boolean;

  private constructor(values: ReadonlyMap<string, unknown>, isQuery: boolean) {
    this.#values = values;
    this.#isQuery = isQuery;
  }

  /** @throws {HttpError} If a parameter is there twice. */
  static ofQuery(query: URLSearchParams): Fields {
    const values = new Map<string, unknown>();
    for (const [name, value] of query) {
      if (values.has(name)) throw badInput(`${shown(name)} is there more than once.`);
      values.set(name, value);
    }
    return new Fields(values, true);
  }

  /** @throws {HttpError} If the body is no object. */
  static ofBody(body: unknown): Fields {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw badInput('The body must be a JSON object.');
    }
    return new Fields(new Map(Object.entries(body)), false);
  }

  /** @param bounds Of its length, in UTF-16 units. */
  text(name: string, { min = 0, max }: Partial<Bounds> & Pick<Bounds, 'max'>) {
    return this.#read(name, (value) => {
      if (typeof value !== 'string') throw badInput(`${name} must be a text.`);
      if (value.length < min) throw badInput(`${name} must not be empty.`);
      if (value.length > max) throw badInput(`${name} must have ${max} characters at most.`);
      return value;
    });
  }

  texts(name: string, { maxCount, max }: { readonly maxCount: number; readonly max: number }) {
    return this.#read(name, (value) => {
      const isRight =
        Array.isArray(value) &&
        value.length >= 1 &&
        value.length <= maxCount &&
        value.every((each) => typeof each === 'string' && each !== '' && each.length <= max);
      if (isRight) return value as string[];
      throw badInput(`${name} must be 1 to ${maxCount} texts of 1 to ${max} characters.`);
    });
  }

  integer(name: string, { min, max }: Bounds) {
    return this.#read(name, (value) => {
      const isDigits = this.#isQuery && typeof value === 'string' && /^\d{1,15}$/.test(value);
      const number = isDigits ? Number(value) : value;
      if (
        typeof number === 'number' &&
        Number.isInteger(number) &&
        number >= min &&
        number <= max
      ) {
        return number;
      }
      throw badInput(`${name} must be a whole number from ${min} to ${max}.`);
    });
  }

  boolean(name: string) {
    return this.#read(name, (value) => {
      if (typeof value === 'boolean') return value;
      throw badInput(`${name} must be true or false.`);
    });
  }

  oneOf<T extends string>(name: string, values: readonly T[]) {
    return this.#read(name, (value) => {
      const found = values.find((each) => each === value);
      if (found !== undefined) return found;
      throw badInput(`${name} must be one of ${values.join(', ')}.`);
    });
  }

  required<T>(name: string, value: T | undefined): T {
    if (value !== undefined) return value;
    throw badInput(`${name} is missing.`);
  }

  /** @throws {HttpError} If there is a field that nobody has asked for: a slip of the pen. */
  refuseOthers(): void {
    const other = [...this.#values.keys()].find((name) => !this.#known.has(name));
    if (other === undefined) return;
    throw badInput(`${shown(other)} is not known; there are ${[...this.#known].join(', ')}.`);
  }

  #read<T>(name: string, read: (value: unknown) => T): T | undefined {
    this.#known.add(name);
    const value = this.#values.get(name);
    return value === undefined ? undefined : read(value);
  }
}

/** A name that a client made up. */
function shown(name: string): string {
  return JSON.stringify(name.slice(0, 50));
}
