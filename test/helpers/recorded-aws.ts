import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { hangUp, listen } from '../../tools/local/listen.ts';

export interface RecordedCall {
  /** For example `POST /2015-03-31/functions/x/policy`, without the query. */
  readonly request: string;
  readonly body: string;
}

export interface RecordedAws extends AsyncDisposable {
  readonly url: string;
  readonly calls: RecordedCall[];
}

/**
 * Stands in for AWS services without an emulator here. It records requests, answers Lambda's with nothing,
 * and CloudFormation's with a stack that has this output.
 */
export async function recordAws(output: { key: string; value: string }): Promise<RecordedAws> {
  const calls: RecordedCall[] = [];
  const stack = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><Outputs>
    <member><OutputKey>Another</OutputKey><OutputValue>another</OutputValue></member>
    <member><OutputKey>${output.key}</OutputKey><OutputValue>${output.value}</OutputValue></member>
    </Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
  const server = createServer(async (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    const body = await text(request);
    calls.push({ request: `${request.method} ${decodeURIComponent(path)}`, body });
    response.end(body.includes('Action=DescribeStacks') ? stack : '{}');
  });
  const port = await listen(server, 0);
  return {
    url: `http://localhost:${port}`,
    calls,
    [Symbol.asyncDispose]: () => hangUp(server),
  };
}
