import { useEffect, useState } from 'preact/hooks';
import type { StackInfo } from '../../protocol.ts';
import { stack } from '../live.ts';
import { Button } from '../ui/controls.tsx';
import { isTyping, type KeyHelp, KeyList } from '../ui/keys.tsx';
import { Dialog, isModalShown } from '../ui/notices.tsx';

/** Where keys work, in the order of the dialog. */
const PLACES = {
  inbox: 'In the inbox',
  list: 'In its list',
  send: 'In the form of the PBX',
  everywhere: 'Everywhere',
} as const;

interface ShellKey extends KeyHelp {
  readonly place: keyof typeof PLACES;
  /** Shown beside the list as well. */
  readonly isFirst?: boolean;
  readonly needs?: 'canReplay' | 'isLocal';
}

const KEYS: readonly ShellKey[] = [
  { keys: ['j'], what: 'next message', place: 'inbox', isFirst: true },
  { keys: ['k'], what: 'previous message', place: 'inbox', isFirst: true },
  {
    keys: ['Enter'],
    what: 'open the message, or the only one found',
    place: 'inbox',
    isFirst: true,
  },
  { keys: ['Esc'], what: 'back to the list', place: 'inbox', isFirst: true },
  { keys: ['/'], what: 'search', place: 'inbox', isFirst: true },
  { keys: ['x'], what: 'select for a replay', place: 'inbox', isFirst: true, needs: 'canReplay' },
  { keys: ['\u2193', '\u2191'], what: 'next and previous message', place: 'list' },
  { keys: ['Page Up', 'Page Down'], what: 'one screen up or down', place: 'list' },
  { keys: ['Home', 'End'], what: 'first and last message', place: 'list' },
  { keys: ['Space'], what: 'select for a replay, too', place: 'list', needs: 'canReplay' },
  { keys: ['Ctrl', 'A'], what: 'select all loaded messages', place: 'list', needs: 'canReplay' },
  { keys: ['Ctrl', 'Enter'], what: 'send the message', place: 'send', needs: 'isLocal' },
  { keys: ['?'], what: 'all keys', place: 'everywhere', isFirst: true },
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
  const known = keysOf(stack.value ?? { canReplay: false, isLocal: false });
  return (
    <Dialog title="Keys" onClose={close} actions={<Button onClick={close}>Close</Button>}>
      {Object.entries(PLACES).map(([place, title]) => {
        const keys = known.filter((key) => key.place === place);
        if (keys.length === 0) return null;
        return (
          <section key={place}>
            <h3 class="key-place">{title}</h3>
            <KeyList keys={keys} />
          </section>
        );
      })}
    </Dialog>
  );
}
