import { beforeEach, describe, expect, it } from 'vitest';
import { parseSmsNumbers, parseSourceCidrs } from '../../lib/http/allow-lists.ts';
import { FakeService } from '../fakes/fake-service.ts';
import { someForm, webhookEvent } from '../fixtures/webhook-event.ts';
import { fingerprint } from '../helpers/token-rotation.ts';

const [OLD, CURRENT] = ['old-token-of-the-webhook', 'new-token-of-the-webhook'];
const STRANGER = '198.51.100.77';

let service: FakeService;
type Request = Parameters<typeof webhookEvent>[1];

describe('an edge', () => {
  const [OLD_SECRET, SECRET] = ['old-secret-of-the-edge', 'new-secret-of-the-edge'];
  const EDGE_HOST = 'sms.private.example';

  beforeEach(() => {
    service = new FakeService({
      tokens: [OLD, CURRENT],
      edgeSecrets: [OLD_SECRET, SECRET],
      edgeDomainName: EDGE_HOST,
      isSourceAllowed: parseSourceCidrs('192.0.2.0/24'),
      isNumberAllowed: parseSmsNumbers('+61400000002'),
    });
  });

  async function postWith(
    headers: Record<string, string>,
    request: Request = {},
    form = someForm(),
  ) {
    const event = webhookEvent(String(new URLSearchParams(form)), { token: CURRENT, ...request });
    const answer = await service.post({ ...event, headers: { ...event.headers, ...headers } });
    return { status: answer.statusCode, headers: answer.headers, body: answer.body };
  }
  const fromEdge = (secret: string, viewer = '192.0.2.9:4711') => ({
    'x-edge-secret': secret,
    'cloudfront-viewer-address': viewer,
  });

  it.each([OLD_SECRET, SECRET])('is accepted with %s', async (secret) => {
    expect((await postWith(fromEdge(secret), { sourceIp: STRANGER })).status).toBe(200);
  });

  it.each([
    [{}, 'the header x-edge-secret is missing'],
    [fromEdge('wrong-secret-of-the-edge'), 'the header x-edge-secret has none of EDGE_SECRETS'],
  ])(
    'is not gone around with %j: the answer is a stranger’s, the log says why',
    async (headers, edge) => {
      const around = await postWith(headers, {}, someForm({ nonsense: '' }));
      expect(service.lastLine).toMatchObject({
        level: 'WARN',
        outcome: 'unknown-token',
        edge,
        token_fingerprint: fingerprint(CURRENT),
        EdgeBypassed: 1,
      });
      expect(around.status).toBe(404);
      expect(around).toEqual(await postWith(fromEdge(SECRET), { token: 'wrong' }));
      expect(around).toEqual(await postWith({}, { token: 'wrong' }));
      expect(service.store.records.size).toBe(0);
    },
  );

  it('does not count a stranger without a token as a bypass', async () => {
    await postWith({}, { token: 'wrong' });
    expect(service.lastLine).toMatchObject({ outcome: 'unknown-token' });
    expect(service.lastLine).not.toHaveProperty('edge');
    expect(service.lastLine).not.toHaveProperty('EdgeBypassed');
  });

  it('is trusted for the source address, and must send it', async () => {
    const refused = await postWith(fromEdge(SECRET, `${STRANGER}:4711`));
    expect(refused.status).toBe(403);
    expect((await postWith({ 'x-edge-secret': SECRET })).status).toBe(403);
    expect(service.lastLine.reason).toContain('CloudFront-Viewer-Address');
    expect(JSON.stringify(service.lines)).not.toContain('198.51');
  });

  it('must be the host of the PBX’s URL', async () => {
    const withUrl = (host: string) =>
      someForm({
        webhook_url_fallback: 'somebody@private.example',
        webhook_url: `https://${host}/sms/${CURRENT}`,
      });
    await postWith(fromEdge(SECRET), {}, withUrl(EDGE_HOST));
    expect(service.lastLine).toMatchObject({ level: 'INFO', outcome: 'published' });
    await postWith(fromEdge(SECRET), {}, withUrl('endpoint'));
    expect(service.lastLine.warnings).toBe('webhook_url has another host');
  });

  it('never shows its secret in a log line or an answer', async () => {
    const answers = [
      await postWith(fromEdge(SECRET)),
      await postWith(fromEdge(`${SECRET}x`)),
      await postWith(fromEdge(SECRET), { contentType: 'text/plain' }),
    ];
    expect(JSON.stringify([answers, service.lines])).not.toContain('secret-of-the-edge');
  });
});
