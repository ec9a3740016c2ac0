import type { TunnelStatus } from '../../console/stack-protocol.ts';
import { printableLine } from '../../shared/terminal-text.ts';

/** It names no path: one that was not pasted as a whole may hold most of a token. */
export const MISDIRECTED =
  'WARN  A request came through the tunnel, but not to the Web Hook URL: 404. Did you paste the whole URL?';

/**
 * What the terminal says of a tunnel when its state has changed.
 *
 * @param lastLines What its program has written last.
 */
export function tunnelText(status: TunnelStatus, lastLines: readonly string[]): string {
  const { state, program } = status;
  switch (state) {
    case 'waiting':
      return status.isLate
        ? lateText(status, lastLines)
        : status.origin === undefined
          ? `Tunnel: ${program} starts ...`
          : `Tunnel: waiting until ${status.origin} answers ...`;
    case 'up':
      return `
The tunnel is up. Paste this into the PBX portal, at the SMS settings of your number. Note the old values first:
  Web Hook URL             ${status.webhookUrl}
  Web Hook Fallback Email  your own address. What cannot be delivered goes there

Then send an SMS to the number. It is shown here, and in the console.
Whoever knows the URL can post messages. Nothing but the webhook can be reached through the tunnel.
At the end, put the old values back: the PBX tries a message ten times and then e-mails it.
`;
    case 'down':
      return `
!!! THE TUNNEL IS DOWN: ${program} has ended (${printableLine(status.reason)}). The PBX cannot reach this machine.
${linesText(lastLines)}The stack goes on without a tunnel. For a new one, stop it and start it again.
`;
  }
}

type Waiting = Extract<TunnelStatus, { state: 'waiting' }>;

function lateText({ program, origin, wasUp }: Waiting, lastLines: readonly string[]): string {
  if (wasUp) {
    return `
!!! THE TUNNEL DOES NOT ANSWER: ${origin} has stopped leading to this machine, and ${program} still runs.
${linesText(lastLines)}It is asked again every 20 seconds. If it stays like this, stop it and start it again.
`;
  }
  const problem =
    origin === undefined
      ? `${program} has not printed a public https URL yet. If it shows its URL in another way, add the option that prints it, such as --log stdout for ngrok.`
      : `${origin} does not answer yet. Perhaps the DNS of this machine does not know it yet, which can take half an hour with a new name. Start again for another name.`;
  return `
Tunnel: ${problem}
${linesText(lastLines)}Waiting goes on. Ctrl-C stops everything.
`;
}

function linesText(lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `Its last lines:\n${lines.map((line) => `  > ${printableLine(line)}\n`).join('')}`;
}
