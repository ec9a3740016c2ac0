import type { EventListener } from '../server/source.ts';

/** Tells whoever listens at the time. */
export class Events {
  readonly #listeners = new Set<EventListener>();

  readonly emit: EventListener = (name, data) => {
    for (const listener of this.#listeners) listener(name, data);
  };

  listen(listener: EventListener): Disposable {
    // Another one each time: the same listener may be given twice.
    const own: EventListener = (name, data) => listener(name, data);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }
}
