import { useState } from 'preact/hooks';
import { MAX_REPLAYED, type ReplayRequest, type ReplayResult } from '../../protocol.ts';
import { ask } from '../api.ts';
import { Button } from '../ui/controls.tsx';
import { count, plural } from '../ui/format.ts';
import { Dialog, toast } from '../ui/notices.tsx';
import { replayText } from './replay.ts';

interface ReplayDialogProps {
  readonly ids: readonly string[];
  readonly onClose: () => void;
  readonly onDone?: () => void;
}

/** Asks once more, and publishes the messages again. */
export function ReplayDialog({ ids, onClose, onDone }: ReplayDialogProps) {
  const [isUnderWay, setUnderWay] = useState(false);
  const messages = plural(ids.length, 'message');
  const isTooMuch = ids.length > MAX_REPLAYED;
  const replay = async () => {
    setUnderWay(true);
    try {
      const body: ReplayRequest = { message_ids: ids };
      const result = await ask<ReplayResult>('replay', { method: 'POST', body });
      toast(replayText(result), result.refused > 0 ? 'bad' : 'good');
      onDone?.();
    } catch (error) {
      toast(`Not replayed. ${(error as Error).message}`, 'bad');
    }
    onClose();
  };
  return (
    <Dialog
      title={`Replay ${messages}?`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" icon="replay" disabled={isUnderWay || isTooMuch} onClick={replay}>
            {isUnderWay ? 'Replaying…' : `Replay ${messages}`}
          </Button>
        </>
      }
    >
      {isTooMuch ? (
        <p>
          At most {count(MAX_REPLAYED)} messages at once. Select fewer, or use{' '}
          <code>bin/inbound-sms replay</code>.
        </p>
      ) : (
        <p>
          Subscribers get {ids.length === 1 ? 'it' : 'them'} once more, with the attribute{' '}
          <code>replay</code>. What is stored stays as it is.
        </p>
      )}
    </Dialog>
  );
}
