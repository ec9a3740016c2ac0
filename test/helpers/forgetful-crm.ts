/**
 * A receiver in its own process. It answers 204 when it has a message in memory, and writes its memory to a
 * file only now and then. If the process is killed, it loses accepted messages that are not written yet.
 *
 * Arguments: the file, and how many messages it keeps in memory before it writes them. It sends its port to
 * the parent process.
 */
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { listen } from '../../tools/local/listen.ts';

const [file = '', limit = '1'] = process.argv.slice(2);
let memory: string[] = [];

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    memory.push(String(request.headers['webhook-id']));
    if (memory.length >= Number(limit)) {
      appendFileSync(file, memory.map((id) => `${id}\n`).join(''));
      memory = [];
    }
    response.writeHead(204).end();
  });
});
process.send?.(await listen(server));
process.on('disconnect', () => process.exit());
