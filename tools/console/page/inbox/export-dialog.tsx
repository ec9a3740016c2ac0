import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ExportFormat, ExportQuery } from '../../protocol.ts';
import { request } from '../api.ts';
import { exportCommand } from '../commands.ts';
import { stack } from '../live.ts';
import { Button, Segmented } from '../ui/controls.tsx';
import { Dialog, toast } from '../ui/notices.tsx';
import { CodeBlock } from '../ui/texts.tsx';
import { queryOf } from './filters.ts';
import { filters } from './inbox.ts';

/** Whether the dialog is open. */
export const isExporting = signal(false);

const FORMATS = [
  { value: 'csv', label: 'CSV' },
  { value: 'jsonl', label: 'JSON Lines' },
] as const satisfies readonly { value: ExportFormat; label: string }[];

/** Writes all messages that match the search and the filters into a file. */
export function ExportDialog() {
  const [format, setFormat] = useState<ExportFormat>('csv');
  const [bytes, setBytes] = useState<number>();
  const ending = useRef(new AbortController());
  useEffect(() => () => ending.current.abort(), []);
  const isUnderWay = bytes !== undefined;
  const close = () => {
    isExporting.value = false;
  };
  const asked = filters.value;
  const query = queryOf(asked, Date.now());
  const command = exportCommand(asked, query.since, format, stack.value?.selector ?? '');
  const download = async () => {
    setBytes(0);
    try {
      const exported: ExportQuery = { ...query, format };
      const file = await fileOf(exported, setBytes, ending.current.signal);
      save(file, `messages.${format}`);
      close();
    } catch (error) {
      if (ending.current.signal.aborted) return;
      setBytes(undefined);
      toast(`Not exported. ${(error as Error).message}`, 'bad');
    }
  };
  return (
    <Dialog
      title="Export messages"
      onClose={close}
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button kind="primary" disabled={isUnderWay} onClick={download}>
            {isUnderWay ? `Exporting… ${sizeText(bytes)}` : 'Download'}
          </Button>
        </>
      }
    >
      <p>
        Exports all messages that the search and the filters find, loaded or not, the newest first.
        CSV is for spreadsheets.
      </p>
      <Segmented label="Format" options={FORMATS} value={format} onChange={setFormat} />
      {command !== undefined ? (
        <>
          <p>The command line writes the same messages, the oldest first:</p>
          <CodeBlock label="command" text={command} wraps />
        </>
      ) : (
        <p class="muted">
          The command line has no filter by text, state or replay, so there is no command for this.
        </p>
      )}
    </Dialog>
  );
}

/** @throws {Error} If the server refuses it, or what it sends ends in the middle. */
async function fileOf(
  query: ExportQuery,
  onBytes: (bytes: number) => void,
  ended: AbortSignal,
): Promise<Blob> {
  const answer = await request('export', { query, signal: ended });
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const reader = answer.body?.getReader();
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { done: true };
    if (done || !value) break;
    chunks.push(value);
    bytes += value.length;
    onBytes(bytes);
  }
  return new Blob(chunks, { type: answer.headers.get('content-type') ?? '' });
}

function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
}

/** `12 KB`, `3.4 MB` */
function sizeText(bytes = 0): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
