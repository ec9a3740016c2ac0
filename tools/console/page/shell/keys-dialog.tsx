import { useEffect, useState } from 'preact/hooks';
import type { StackInfo } from '../../protocol.ts';
import { stack } from '../live.ts';
import { Button } from '../ui/controls.tsx';
import { isTyping, type KeyHelp, KeyList } from '../ui/keys.tsx';
import { Dialog, isModalShown } from '../ui/notices.tsx';

interface ShellKey extends KeyHelp {
  /** Shown beside the list as well. */
  readonly isFirst?: boolean;
  readonly needs?: 'canReplay' | 'isLocal';
}

const KEYS: readonly ShellKey[] = [
  { keys: ['j', '\u2193'], what: 'next message', isFirst: true },
  { keys: ['k', '\u2191'], what: 'previous message', isFirst: true },
  { keys: ['Enter'], what: 'open the message, or the only one found', isFirst: true },
  { keys: ['Esc'], what: 'back to the list', isFirst: true },
  { keys: ['/'], what: 'search', isFirst: true },
  { keys: ['Page Up', 'Page Down'], what: 'one screen up or down' },
  { keys: ['Home', 'End'], what: 'first and last message' },
  { keys: ['x', 'Space'], what: 'select for a replay', isFirst: true, needs: 'canReplay' },
  { keys: ['Ctrl', 'A'], what: 'select all loaded messages', needs: 'canReplay' },
  { keys: ['Ctrl', 'Enter'], what: 'send the message of the form', needs: 'isLocal' },
  { keys: ['?'], what: 'all keys', isFirst: true },
];

/** The keys that do something for this stack. */
export function keysOf(info: Pick<StackInfo, 'canReplay' | 'isLocal'>): readonly ShellKey[] {
  return KEYS.filter(({ needs }) => needs === undefined || info[needs]);
}

/** Lists the keys when `?` is pressed. */
export function KeysDialog() {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '?' || isTyping(event) || isModalShown()) return;
      event.preventDefault();
      setShown(true);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  if (!isShown) return null;
  const close = () => setShown(false);
  return (
    <Dialog title="Keys" onClose={close} actions={<Button onClick={close}>Close</Button>}>
      <KeyList keys={keysOf(stack.value ?? { canReplay: false, isLocal: false })} />
    </Dialog>
  );
}
