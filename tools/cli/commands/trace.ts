import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { join, resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import { printable } from '../../shared/terminal-text.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { baseCommand } from '../command.ts';
import { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';

/** `file:///var/task/functions/receive-sms.mjs:12:3456`: line and column count from 1. */
const PLACE = /(?:file:\/\/)?[^\s()"]*?([\w-]+\.mjs):(\d+):(\d+)/g;

/** `inbound-sms trace` */
export function traceCommand(runtime: Runtime) {
  return baseCommand(runtime, 'trace', {
    summary: 'turn the stack of a log line into lines of the source',
    description:
      'Does not use AWS. The source maps must be those of the deployed code: docs/cli.md#trace.',
    examples: [
      ['line.json', 'the stack in a file'],
      ['--package out line.json', 'with the maps of a package in another folder'],
    ],
  })
    .argument('[file]', 'file with lines of the log (stdin)')
    .option('--package <dir>', 'folder with the source maps (.serverless)')
    .action(async (file, { package: given, json }) => {
      const { directory, projectDirectory } = runtime;
      const folder = given ? resolve(directory, given) : join(projectDirectory, '.serverless');
      const lines = await read(file, runtime);
      const output = new Output(runtime, { json });
      const traced = await traceIn(lines, folder);
      const packages = await packagesIn(folder);
      if (output.isJson) return output.json({ trace: traced, packages });
      await output.text(printable(traced));
      output.note('\nThe lines are right if the deployed function has this CodeSha256:');
      for (const { zip, sha256 } of packages) output.note(`  ${sha256}  ${zip}`);
    });
}

async function read(file: string | undefined, runtime: Runtime): Promise<string> {
  const { directory, stdin, stderr, signal } = runtime;
  if (file !== undefined) {
    return readFile(resolve(directory, file), 'utf8').catch((error: Error) => {
      throw new CliError(EXIT.failed, `The file cannot be read: ${error.message}`);
    });
  }
  if (stdin.isTTY) stderr.write('Paste the line of the log, then press Enter and Ctrl-D.\n');
  return text(addAbortSignal(signal, stdin));
}

/** @throws {CliError} If no line names a place in a bundle, or its map is not there. */
async function traceIn(lines: string, folder: string): Promise<string> {
  const modules = new Set([...lines.matchAll(PLACE)].map(([, module = '']) => module));
  if (modules.size === 0) {
    throw new CliError(
      EXIT.failed,
      "There is no stack of a function here: no line names a '.mjs' file.",
    );
  }
  const maps = new Map<string, SourceMap>();
  for (const module of modules) maps.set(module, await readMap(join(folder, `${module}.map`)));
  return lines
    .trimEnd()
    .replaceAll('\\n', '\n  ')
    .replace(PLACE, (place, module: string, line: string, column: string) => {
      const entry = maps.get(module)?.findEntry(Number(line) - 1, Number(column) - 1);
      // After the end of the map, `findEntry` returns its last entry.
      if (!entry || !('originalSource' in entry) || entry.generatedLine !== Number(line) - 1)
        return place;
      return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    });
}

async function readMap(file: string): Promise<SourceMap> {
  const content = await readFile(file, 'utf8').catch((error: Error) => {
    const hint =
      'Check out the commit that is deployed, and run `npm ci` and `bin/serverless package --stage STAGE`. For the local stack: `WEBHOOK_TOKENS=test bin/serverless package --stage local`.';
    throw new CliError(EXIT.failed, `There is no source map: ${error.message}`, hint);
  });
  return new SourceMap(JSON.parse(content));
}

/** The zip files, each with its SHA-256 as AWS shows it. */
async function packagesIn(folder: string): Promise<{ zip: string; sha256: string }[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.zip'));
  return Promise.all(
    names.toSorted().map(async (zip) => {
      const content = await readFile(join(folder, zip));
      return { zip, sha256: createHash('sha256').update(content).digest('base64') };
    }),
  );
}
