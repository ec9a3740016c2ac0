import { createRequire } from 'node:module';

/**
 * A key of the file and its value.
 *
 * @typedef {object} Entry
 * @property {string} key
 * @property {string} place File and line, for errors.
 * @property {unknown} text The value as it is written, or a list of them: `0412345678` keeps its zero. ''
 * if empty. Undefined for a map.
 * @property {unknown} json The value as YAML 1.2 and editors read it: `412345678`, `true`, `null`, maps.
 * @property {Entry[]} [entries] The entries of a map.
 */

/**
 * Reads a YAML file of names and values.
 *
 * @param {string} text
 * @param {string} name The file's name, for errors.
 * @returns {Entry[]} In the order of the file.
 * @throws {Error} Names the file and the line.
 */
export function readDocument(text, name) {
  if (/^(<{7}|={7}|>{7})( |$)/m.test(text)) {
    const line = text.split('\n').findIndex((each) => each.startsWith('<<<<<<<')) + 1;
    throw new Error(`${name}, line ${line}: git left a conflict here. Keep one side of it`);
  }
  // The package takes 40 ms to load, and most commands find no such file.
  /** @type {typeof import('yaml')} */
  const yaml = createRequire(import.meta.url)('yaml');
  const lineCounter = new yaml.LineCounter();
  const options = { schema: 'core', prettyErrors: false, lineCounter };
  const document = yaml.parseDocument(text, /** @type {import('yaml').ParseOptions} */ (options));
  const placeOf = (/** @type {number} */ offset) =>
    `${name}, line ${lineCounter.linePos(offset).line}`;
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) throw new Error(`${placeOf(fault.pos[0])}: ${fault.message}`);
  const { contents } = document;
  if (contents === null) return [];
  if (!yaml.isMap(contents)) {
    throw new Error(`${placeOf(contents.range[0])}: write \`name: value\` here`);
  }
  return entriesIn(contents);

  /** @param {import('yaml').YAMLMap<any, any>} map @returns {Entry[]} */
  function entriesIn({ items }) {
    return items.map(({ key, value }) => {
      const node = resolved(value);
      return {
        key: textOf(key),
        place: placeOf(key.range[0]),
        json: node?.toJS(document) ?? null,
        ...(yaml.isMap(node)
          ? { text: undefined, entries: entriesIn(node) }
          : { text: textOf(node) }),
      };
    });
  }

  /** @param {any} node @returns {any} */
  function textOf(node) {
    if (node === null) return '';
    if (yaml.isSeq(node)) return node.items.map((item) => textOf(resolved(item)));
    return yaml.isScalar(node) ? (node.source ?? String(node.value)) : node.toJS(document);
  }

  /** @param {any} node */
  function resolved(node) {
    return yaml.isAlias(node) ? node.resolve(document) : node;
  }
}
