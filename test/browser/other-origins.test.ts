import type { PbxDelivery } from '../../tools/console/lab-protocol.ts';
import { CALM } from '../tools/console/lab/console-stack.ts';
import { attack, BLOCKED, frame, NOTHING, postForm, REFUSED, startNeighbour } from './attacks.ts';
import { expect, test } from './console-test.ts';

// Another port of the same host is the same site. `localhost` and `127.0.0.1` are different sites.
test.for(['localhost', '127.0.0.1'])(
  'a page of another origin, at %s, can neither read the console nor have it do anything',
  async (host, { openPage, service, guard, onTestFinished }) => {
    guard.allow(REFUSED);
    const secret = 'A text that nobody else may read';
    await service.deliver(`secret-${host}`, secret);
    const neighbour = await startNeighbour();
    onTestFinished(() => neighbour[Symbol.asyncDispose]());
    const page = await openPage(`http://${host}:${neighbour.port}/`);
    const api = `${service.stack.url}/_console/api/`;

    expect(await attack(page, api)).toEqual(NOTHING);
    await postForm(page, `${api}send`);
    await frame(page, service.stack.url);
    expect(page.frames().map((each) => each.url())).toEqual([page.url(), BLOCKED]);
    expect(await page.frames().at(1)?.content()).not.toContain(secret);

    expect(await service.get('chaos')).toEqual(CALM);
    expect(await service.get<PbxDelivery[]>('deliveries')).toEqual([]);
  },
);
