import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packageDir } from '../../helpers/local-stack.ts';
import { temporaryDir } from '../local/temporary-dir.ts';
import { cpuGroupsOf, rowsOf, runCommand } from './run-command.ts';

const BENCH = fileURLToPath(new URL('../../../tools/bench/bench.ts', import.meta.url));
const CONTENDERS = ['ours', 'floor', 'powertools', 'naive'];
const SECTIONS = ['cold', 'lambda', 'freeze', 'warm', 'calls', 'sweep', 'memory'];
/** A run of all sections that takes seconds. */
const TINY = [
  ...['--runs', '1', '--rounds', '1', '--batch', '5', '--messages', '100'],
  ...['--records', '200', '--sweeps', '1', '--warm', '1', '--freezes', '1'],
];

interface Line {
  readonly section: string;
  readonly name: string;
  readonly samples: Record<string, { median: number; values: number[] }>;
}

const aboutHttps = (section: string) => expect.stringMatching(new RegExp(`^${section}: .*HTTPS`));
const bench = (...args: string[]) => runCommand('compare', ...args);

describe('npm run bench', () => {
  it.each([[[]], [['--help']]])('lists the commands for %j', async (args) => {
    const { code, stdout } = await runCommand(...args);
    expect(code).toBe(0);
    for (const name of ['compare', 'growth', 'soak']) expect(stdout).toMatch(`\n  ${name} `);
  });

  it.each([
    ['sok', 'Did you mean soak?'],
    ['--soak', '--soak'],
  ])('tells the nearest of what it does not know: %s', async (name, said) => {
    const { code, stdout, stderr } = await runCommand(name);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(said);
  });
});

describe('npm run bench -- compare', () => {
  it('measures every contender in every section', { timeout: 240_000 }, async () => {
    const file = join(await temporaryDir(), 'bench.json');
    const { code, stdout, stderr } = await bench(
      ...TINY,
      '--package',
      packageDir(),
      '--json',
      file,
    );
    expect(code, stderr).toBe(0);

    const { measurements, machine, settings, remarks } = JSON.parse(await readFile(file, 'utf8'));
    const lines: Line[] = measurements;
    expect([...new Set(lines.map(({ section }) => section))]).toEqual(SECTIONS);
    expect(machine.node).toBe(process.version);
    expect(remarks).toEqual(['lambda', 'freeze', 'sweep'].map(aboutHttps));
    for (const remark of remarks) expect(stdout).toContain(remark);
    expect(settings).toMatchObject({ runs: 1, records: 200 });
    for (const section of ['cold', 'lambda', 'freeze', 'warm', 'calls', 'memory']) {
      const [first] = lines.filter((line) => line.section === section);
      expect(Object.keys(first?.samples ?? {}).sort(), section).toEqual([...CONTENDERS].sort());
    }
    for (const { name, samples } of lines) {
      for (const [contender, { median, values }] of Object.entries(samples)) {
        expect(Number.isFinite(median), `${name} of ${contender}`).toBe(true);
        expect(values.length, `${name} of ${contender}`).toBeGreaterThan(0);
      }
    }

    const [header = '', , ...rows] = stdout.split('\n').filter((line) => line.startsWith('|'));
    for (const contender of CONTENDERS) expect(header).toContain(` ${contender} |`);
    expect(rows).toHaveLength(lines.length);
    for (const { section, name } of lines) expect(stdout).toContain(`| ${section}: ${name}`);
  });

  it('measures only the sections that are named', { timeout: 60_000 }, async () => {
    const { code, stdout, stderr } = await bench('calls', '--package', packageDir());
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('calls: new');
    expect(stdout).not.toContain('cold:');
    // A stub that does not know a call of theirs makes a contender fail.
    const answers = rowsOf(stdout).map((row) => row.slice(0, 1 + CONTENDERS.length));
    expect(answers.slice(1)).toEqual([
      ['calls: new (and its status), calls', '3 (200)', '3 (200)', '4 (200)', '2 (200)'],
      ['calls: duplicate (and its status), calls', '1 (200)', '1 (200)', '1 (200)', '2 (200)'],
      ['calls: in flight (and its status), calls', '1 (503)', '1 (503)', '2 (503)', '2 (200)'],
      ['calls: conflict (and its status), calls', '3 (409)', '1 (409)', '2 (409)', '2 (200)'],
      ['calls: rejected (and its status), calls', '1 (400)', '0 (400)', '0 (400)', '0 (400)'],
    ]);
  });

  it('sweeps on a whole core and as on Lambda', { timeout: 120_000 }, async () => {
    const tiny = ['--records', '200', '--sweeps', '1'];
    const { code, stdout, stderr } = await bench('sweep', ...tiny, '--package', packageDir());
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^sweep: .*HTTPS/m);
    const measured = rowsOf(stdout).map(([name]) => name);
    for (const what of ['rate', 'CPU a record']) {
      expect(measured).toContainEqual(expect.stringMatching(`^sweep: ${what}, `));
      expect(measured).toContainEqual(expect.stringMatching(`^sweep: ${what} over HTTPS`));
    }
  });

  it.each(['cold', 'lambda', 'freeze'])(
    'ends at once on Ctrl-C in %s and leaves nothing behind',
    { timeout: 60_000 },
    async (section) => {
      const temporary = await temporaryDir();
      const child = spawn(
        process.execPath,
        [BENCH, 'compare', section, '--runs', '1000', '--package', packageDir()],
        {
          env: { ...process.env, TMPDIR: temporary, TMP: temporary },
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
      const closed = once(child, 'close');
      for await (const line of createInterface({ input: child.stderr })) {
        if (!line.startsWith(`${section}: run`)) continue;
        expect(await readdir(temporary)).not.toEqual([]);
        child.kill('SIGINT');
        break;
      }
      child.stderr.resume();
      expect(await closed).toEqual([130, null]);
      expect(await readdir(temporary)).toEqual([]);
      expect(await cpuGroupsOf(child.pid)).toEqual([]);
    },
  );

  it('explains itself', async () => {
    const { code, stdout } = await bench('--help');
    expect(code).toBe(0);
    for (const word of [...SECTIONS, '--runs <n>', '--json <file>']) expect(stdout).toContain(word);
  });

  it.each([
    [['cold', 'lukewarm'], 'There is no section "lukewarm"'],
    [['--runs', '0'], '--runs'],
    [['--nonsense'], '--nonsense'],
    [['calls', '--package', '/nowhere'], '/nowhere'],
  ])('refuses %j', async (args, said) => {
    const { code, stdout, stderr } = await bench(...args);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(said);
  });
});
