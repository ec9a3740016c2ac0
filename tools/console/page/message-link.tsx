import { messageHash } from './route.ts';

interface MessageLinkProps {
  readonly id: string;
  readonly children?: string;
}

/** Leads to a message in the inbox. */
export function MessageLink({ id, children = 'Open the message' }: MessageLinkProps) {
  return (
    <a href={messageHash(id)} aria-label={`${children}: ${id}`}>
      {children}
    </a>
  );
}
