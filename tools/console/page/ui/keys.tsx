/** A key, or several that do the same, and what it does. */
export interface KeyHelp {
  readonly keys: readonly string[];
  readonly what: string;
}

/** Whether a key types text or belongs to the browser. */
export function isTyping({ target, altKey, ctrlKey, metaKey }: KeyboardEvent): boolean {
  const text = 'input:not([type=checkbox], [type=radio]), textarea, select';
  return (target instanceof HTMLElement && target.matches(text)) || altKey || ctrlKey || metaKey;
}

/** Keys, and what they do. */
export function KeyList({ keys }: { readonly keys: readonly KeyHelp[] }) {
  return (
    <dl class="key-list">
      {keys.map(({ keys: names, what }) => (
        <div class="key-line" key={what}>
          <dt>
            {names.map((name) => (
              <kbd key={name}>{name}</kbd>
            ))}
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
}
