import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Reads a text file that people write by hand, such as `.env` or `settings.yml`.
 *
 * @param {string} directory
 * @param {string} name
 * @returns {string | undefined} Undefined if there is no such file.
 * @throws {Error} If it is not a readable text file, or is a broken link.
 */
export function readUserFile(directory, name) {
  const bytes = readBytes(join(directory, name), name);
  if (bytes === undefined) return undefined;
  // Windows PowerShell writes UTF-16.
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
  const text = new TextDecoder(encoding).decode(bytes);
  if (!text.includes('\0')) return text;
  throw new Error(`${name} mixes encodings. Save it as UTF-8`);
}

/** @param {string} file @param {string} name */
function readBytes(file, name) {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    const isLink = lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink();
    if (code === 'ENOENT' && !isLink) return undefined;
    const reasons = new Map([
      ['ENOENT', 'it is a link to a file that does not exist'],
      ['EISDIR', 'it is a folder, and should be a file'],
      ['EACCES', 'you have no permission to read it'],
    ]);
    throw new Error(`${name} cannot be read: ${reasons.get(code ?? '') ?? message}`);
  }
}
