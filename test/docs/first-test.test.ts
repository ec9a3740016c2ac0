import { describe, expect, it } from 'vitest';
import { ANSWERS } from '../../lib/http/outcomes.ts';
import { readSettings } from '../../tools/local/settings.ts';
import { tunnelProgram } from '../../tools/local/tunnel/programs.ts';
import { tunnelText } from '../../tools/local/tunnel/tunnel-text.ts';
import { read, wordsOf } from '../helpers/documented-commands.ts';

const document = read('docs/first-test.md');

it('is where people look for it', () => {
  expect(read('README.md')).toContain('](docs/first-test.md)');
  expect(read('docs/faq.md')).toContain('](first-test.md)');
});

describe('its commands', () => {
  const commands = [...document.matchAll(/npm start -- ([^`\n]+)/g)].map(([, args = '']) => args);

  it('start a tunnel', () => {
    expect(commands.length).toBeGreaterThan(3);
    for (const args of commands) expect(readSettings(wordsOf(args), {}).tunnel).toBeDefined();
  });

  it('lead to the port, if they are given', () => {
    const given = commands.flatMap((args) => readSettings(wordsOf(args), {}).tunnel?.command ?? []);
    expect(given).toHaveLength(3);
    for (const command of given) {
      expect(tunnelProgram(command, {}).argv(4142).join(' ')).toMatch(
        /127\.0\.0\.1:4142|http 4142/,
      );
    }
  });
});

it('quotes what the terminal shows', () => {
  const [, quoted = ''] = /```text\n(.*?)```/s.exec(document) ?? [];
  const [webhookUrl = ''] = /https:\S+/.exec(quoted) ?? [];
  expect(quoted).toContain('Web Hook URL');
  expect(tunnelText({ state: 'up', program: 'cloudflared', webhookUrl }, [])).toContain(quoted);
  const down = tunnelText({ state: 'down', program: 'cloudflared', reason: '' }, []);
  expect(down).toContain('THE TUNNEL IS DOWN');
  expect(document).toContain('THE TUNNEL IS DOWN');
  expect(document).toContain(ANSWERS['method-not-allowed'].title);
});
