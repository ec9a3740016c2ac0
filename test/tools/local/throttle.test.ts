import { expect, it, onTestFinished } from 'vitest';
import { startGateway } from '../../../tools/local/gateway.ts';
import { Template } from '../../../tools/local/template.ts';
import { createThrottle, readThrottle } from '../../../tools/local/throttle.ts';

/** How many of `count` requests at once pass. */
const passing = (mayPass: () => boolean, count: number) =>
  Array.from({ length: count }, mayPass).filter(Boolean).length;

it('lets a burst through, and then as many as the rate brings', () => {
  let time = 0;
  const mayPass = createThrottle({ rate: 10, burst: 5 }, () => time);
  expect(passing(mayPass, 20)).toBe(5);
  time += 300;
  expect(passing(mayPass, 20)).toBe(3);
  time += 60_000;
  expect(passing(mayPass, 20)).toBe(5);
});

it('is what the stage of the template says, and none if it says nothing', () => {
  const templateWith = (DefaultRouteSettings?: Record<string, number>) =>
    new Template(
      {
        Resources: {
          HttpApiStage: {
            Type: 'AWS::ApiGatewayV2::Stage',
            Properties: DefaultRouteSettings ? { DefaultRouteSettings } : {},
          },
        },
      },
      'stack',
    );
  const settings = { ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 };
  expect(readThrottle(templateWith(settings))).toEqual({ rate: 7, burst: 9 });
  expect(readThrottle(templateWith())).toBeUndefined();
});

it('what is over the throttle is answered 429 and reaches no function', async () => {
  const seen: unknown[] = [];
  const gateway = await startGateway({
    routes: [{ key: 'ANY /sms/{token}', functionArn: 'arn', timeoutMs: 5_000 }],
    throttle: { rate: 0, burst: 2 },
    invoke: async (_, event) => {
      seen.push(event);
      return { ok: true, result: { statusCode: 200 } };
    },
  });
  onTestFinished(() => gateway[Symbol.asyncDispose]());
  const post = () => fetch(`${gateway.url}/sms/a`, { method: 'POST', body: 'from=1' });
  const answers = [await post(), await post(), await post()];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  expect(await answers[2]?.json()).toEqual({ message: 'Too Many Requests' });
  expect(seen).toHaveLength(2);
});
