import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LoadStep } from '../../../tools/bench/load-plot.ts';
import { loadPlot } from '../../../tools/bench/load-plot.ts';
import { sendOpenLoop } from '../../../tools/bench/load-sender.ts';
import { packageDir } from '../../helpers/local-stack.ts';
import { rowsOf, runCommand } from './run-command.ts';

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const step = (rate: number, p50: number): LoadStep => ({
  rate,
  posts: rate,
  statuses: { 200: rate },
  delivered: rate,
  latency: { p50, p99: 2 * p50, max: 3 * p50 },
  lateness: 0,
  stackCpu: 0.5,
  functionsCpu: undefined,
});

describe('the open loop', () => {
  it('sends on, though nobody is answered until the last post is there', async () => {
    const waiting: (() => void)[] = [];
    const url = await serve((request, response) => {
      request.resume();
      waiting.push(() => response.end());
      if (waiting.length === 20) for (const answer of waiting) answer();
    });
    const sent = await sendOpenLoop({ url, rate: 200, seconds: 0.1 });
    expect(sent).toMatchObject({ posts: 20, statuses: { 200: 20 } });
  });

  it('counts from when a post was due: the wait behind others, and the sender’s own lateness', async () => {
    // The first post is answered when the last one is there.
    const answers: (() => void)[] = [];
    const url = await serve((request, response) => {
      request.resume();
      answers.push(() => response.end());
      if (answers.length > 1) answers.at(-1)?.();
      if (answers.length === 11) answers[0]?.();
    });
    // A wait takes 3 ms longer than it should.
    let now = 0;
    const clock = {
      now: () => now,
      wait: async (milliseconds: number) => {
        now += milliseconds + 3;
      },
    };
    const sent = await sendOpenLoop({ url, rate: 100, seconds: 0.11 }, clock);
    expect(sent.latency.max).toBeCloseTo(103, 0);
    expect(sent.lateness).toBeCloseTo(3, 1);
    expect(sent.delivered).toBeCloseTo(11 / 0.103, 0);
  });

  it('tells answers from broken connections', async () => {
    let posts = 0;
    const url = await serve((request, response) => {
      request.resume();
      posts++;
      if (posts % 3 === 0) request.destroy();
      else response.writeHead(posts % 3 === 1 ? 200 : 503).end();
    });
    const { statuses } = await sendOpenLoop({ url, rate: 300, seconds: 0.1 });
    expect(statuses).toEqual({ 0: 10, 200: 10, 503: 10 });
  });

  it('posts what the PBX posts, each with an id of its own', async () => {
    const bodies: URLSearchParams[] = [];
    const url = await serve(async (request, response) => {
      bodies.push(new URLSearchParams(String(Buffer.concat(await request.toArray()))));
      response.end();
    });
    await sendOpenLoop({ url, rate: 100, seconds: 0.05 });
    expect(new Set(bodies.map((body) => body.get('message_id'))).size).toBe(5);
    expect(bodies[0]?.get('from')).toBe('+61400000001');
  });
});

describe('the plot', () => {
  const svg = loadPlot([step(10, 5), step(100, 8), step(200, 900)], 'A title');

  it('is an SVG with its titles, and without a background', () => {
    expect(svg).toMatch(/^<svg /);
    for (const text of ['A title', 'median', '99th percentile', 'posts answered 200, a second']) {
      expect(svg).toContain(text);
    }
    expect(svg).toMatch(/<rect width="720" height="\d+" x="0" y="0" fill="none">/);
  });

  it('has three lines', () => {
    expect(svg.match(/stroke-width="2"/g)).toHaveLength(3);
  });

  it('can be read on a white page and on a dark one', () => {
    const drawn = svg
      .replace(/<defs>.*?<\/defs>/s, '')
      .split('\n')
      .filter((element) => !element.includes('stroke-width="0"'));
    const colours = new Set(drawn.join('').match(/(?<=(?:fill|stroke)=")#[0-9a-f]{6}/g));
    // The grid lies behind what is to be read.
    colours.delete('#8b949e');
    expect(colours.size).toBeGreaterThanOrEqual(3);
    for (const colour of colours) {
      for (const page of ['#ffffff', '#0d1117']) {
        // WCAG 2.2, 1.4.11: 3 to 1 for graphics.
        expect(contrast(colour, page), `${colour} on ${page}`).toBeGreaterThanOrEqual(3);
      }
    }
  });
});

describe('npm run bench -- load', () => {
  it('measures and draws the plot', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'inbound-sms-test-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const plot = join(directory, 'images', 'load.svg');
    const { code, stdout, stderr } = await runCommand(
      'load',
      ...['--rates', '20', '--seconds', '0.5', '--plot', plot, '--package', packageDir()],
    );
    expect(code, stderr).toBe(0);
    const [, step, ...others] = rowsOf(stdout);
    expect(step?.slice(0, 4)).toEqual(['20', '10', '10', '0']);
    expect(others).toEqual([]);
    expect(await readFile(plot, 'utf8')).toContain('99th percentile');
  }, 60_000);

  it('explains itself', async () => {
    expect(await runCommand('load', '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--rates <list>'),
    });
  });

  it('refuses what it does not take', async () => {
    expect(await runCommand('load', '--rates', 'fast')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/--rates.*takes whole numbers/),
    });
  });
});

/** WCAG 2's contrast ratio of two colours. */
function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((start) => {
    const value = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
