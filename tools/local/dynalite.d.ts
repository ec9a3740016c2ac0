declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** Not listening yet. Its `close` closes the database as well, but only if it was listening. */
  export default function dynalite(options?: { path?: string; createTableMs?: number }): Server;
}
