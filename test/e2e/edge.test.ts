import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalStack, startLocalStack } from '../../tools/local/stack.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { runCli } from '../tools/cli/run-cli.ts';

const [OLD_SECRET, SECRET] = ['old-secret-of-the-edge', 'new-secret-of-the-edge'];
const EDGE_DOMAIN = 'sms.example.com';

let stack: LocalStack;
const lines: string[] = [];
beforeAll(async () => {
  stack = await startLocalStack({
    tokens: 'test',
    edgeSecrets: `${OLD_SECRET},${SECRET}`,
    params: {
      edgeDomainName: EDGE_DOMAIN,
      allowedSourceCidrs: '203.0.113.0/24,2001:db8::/32,127.0.0.0/8',
    },
    schedules: false,
    onFunctionLog: (_, line) => lines.push(line),
  });
}, 120_000);
afterAll(() => stack?.close());

/** Posts a form as CloudFront does, with these headers. */
async function post(headers: Record<string, string>, url = stack.webhookUrl) {
  const webhook_url = `https://${EDGE_DOMAIN}/sms/test`;
  const form = someForm({ webhook_url, webhook_url_fallback: 'you@example.com' });
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: String(new URLSearchParams(form)),
  });
  return { status: answer.status, body: await answer.text() };
}
/** The new log lines. */
async function logged(count: number) {
  await expect.poll(() => lines.length).toBe(count);
  return lines.splice(0).map((line) => JSON.parse(line));
}
const fromEdge = (secret: string, viewer: string) => ({
  'x-edge-secret': secret,
  'cloudfront-viewer-address': viewer,
});

it('accepts the command line, which sends as the edge does', async () => {
  const { code, stdout, stderr } = await runCli(['send', '--local', stack.url, '--attempts', '1']);
  expect(code, stdout + stderr).toBe(0);
  const checked = await runCli(['doctor', '--local', stack.url]);
  expect(checked.code, checked.stdout + checked.stderr).toBe(0);
  expect(checked.stdout).toMatch(/^ok\ttoken\t/m);
  expect(checked.stdout).toMatch(/^ok\tcanary answered\t/m);
  await logged(3);
}, 60_000);

describe('the shipped webhook behind an edge', () => {
  it.each([
    [OLD_SECRET, '203.0.113.9:46532'],
    [SECRET, '2001:db8::8a2e:370:7334:46532'],
  ])('accepts requests with %s from %s, without a warning', async (secret, viewer) => {
    expect((await post(fromEdge(secret, viewer))).status).toBe(200);
    const [line] = await logged(1);
    expect(line).toMatchObject({ outcome: 'published', level: 'INFO' });
    expect(line).not.toHaveProperty('warnings');
  });

  it('answers a request past the edge like a stranger’s, and logs why', async () => {
    const wrongToken = stack.webhookUrl.replace(/test$/, 'wrong');
    const stranger = await post({}, wrongToken);
    expect(stranger.status).toBe(404);
    const viewer = '203.0.113.9:46532';
    expect(await post({ 'cloudfront-viewer-address': viewer })).toEqual(stranger);
    expect(await post(fromEdge('wrong-secret', viewer))).toEqual(stranger);
    expect(await post(fromEdge(`${SECRET}, ${SECRET}`, viewer))).toEqual(stranger);
    const [first, ...around] = await logged(4);
    expect(first).not.toHaveProperty('edge');
    expect(around.map(({ edge, EdgeBypassed }) => [edge, EdgeBypassed])).toEqual([
      ['the header x-edge-secret is missing', 1],
      ['the header x-edge-secret has none of EDGE_SECRETS', 1],
      ['the header x-edge-secret has none of EDGE_SECRETS', 1],
    ]);
  });

  it('uses the address that the edge names, never X-Forwarded-For', async () => {
    const elsewhere = { ...fromEdge(SECRET, '198.51.100.7:1'), 'x-forwarded-for': '203.0.113.9' };
    expect((await post(elsewhere)).status).toBe(403);
    const unnamed = await post({ 'x-edge-secret': SECRET, 'x-forwarded-for': '203.0.113.9' });
    expect(unnamed.status).toBe(403);
    expect(unnamed.body).toContain('CloudFront-Viewer-Address');
    const text = JSON.stringify(await logged(2));
    expect(text).not.toMatch(/198\.51|203\.0|secret-of-the-edge/);
  });
});
