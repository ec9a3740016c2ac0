import { useState } from 'preact/hooks';
import './list-status.css';
import { ReplayDialog } from '../replay/replay-dialog.tsx';
import { Button } from '../ui/controls.tsx';
import { count, plural } from '../ui/format.ts';
import { Time } from '../ui/time.tsx';
import { inbox } from './inbox.ts';
import { clearSelection, selection } from './selection.ts';

/** Below the list: how much of it there is, or what is selected. */
export function ListStatus() {
  return <div class="list-status">{selection.value.size > 0 ? <SelectionBar /> : <ReadBar />}</div>;
}

function ReadBar() {
  const { messages, next, searchedTo, status, isLoadingOlder, isCutShort, error } =
    inbox.state.value;
  if (error !== undefined) {
    return (
      <>
        <p class="list-error" role="alert">
          {error}
        </p>
        <Button size="small" onClick={inbox.refresh}>
          Try again
        </Button>
      </>
    );
  }
  const isBusy = status === 'loading' || isLoadingOlder;
  return (
    <>
      <p class="figures" role="status">
        {isBusy ? 'Loading…' : extentText(messages.length, next !== undefined)}
        {!isBusy && isCutShort && searchedTo !== undefined && (
          <>
            , searched back to <Time at={searchedTo} />
          </>
        )}
      </p>
      {isCutShort && (
        <Button size="small" disabled={isBusy} onClick={inbox.loadOlder}>
          Go on
        </Button>
      )}
    </>
  );
}

/** `1 message`, `100+ messages`: there are more. */
function extentText(length: number, hasMore: boolean): string {
  if (length === 0) return hasMore ? 'None found yet' : 'No messages';
  return hasMore ? `${count(length)}+ messages` : plural(length, 'message');
}

function SelectionBar() {
  const [isAsking, setAsking] = useState(false);
  const { size } = selection.value;
  return (
    <>
      <p role="status">{count(size)} selected</p>
      <Button kind="plain" size="small" onClick={clearSelection}>
        Clear
      </Button>
      <Button kind="primary" size="small" icon="replay" onClick={() => setAsking(true)}>
        Replay {plural(size, 'message')}
      </Button>
      {isAsking && (
        <ReplayDialog
          ids={[...selection.value]}
          onClose={() => setAsking(false)}
          onDone={clearSelection}
        />
      )}
    </>
  );
}
