import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { MessageSummary } from '../../protocol.ts';
import './copy-menu.css';
import { showCommand } from '../commands.ts';
import { stack } from '../live.ts';
import { messageHash } from '../route.ts';
import { Button } from '../ui/controls.tsx';
import { toast } from '../ui/notices.tsx';
import { copyText } from '../ui/texts.tsx';

/** The parts of a message that can be copied, with their names. */
function partsOf({
  message_id,
  body,
  from,
}: MessageSummary): readonly (readonly [string, string])[] {
  const { origin, pathname } = location;
  const selector = stack.value?.selector ?? '';
  return [
    ['Text', body],
    ['Number', from],
    ['Link', origin + pathname + messageHash(message_id)],
    ['Command', showCommand(message_id, selector)],
  ];
}

/** Copies a part of a message for somebody else. Escape, a click elsewhere and a choice close it. */
export function CopyMenu({ summary }: { readonly summary: MessageSummary }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const onPress = ({ target }: Event) => {
      if (!menu.current?.contains(target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', onPress);
    return () => document.removeEventListener('pointerdown', onPress);
  }, [isOpen]);
  const copy = async (name: string, text: string) => {
    setOpen(false);
    button.current?.focus();
    if (await copyText(text)) toast(`${name} copied.`, 'good');
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls of a form
    <div
      role="group"
      aria-label="Copy"
      class="copy-menu"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return;
        event.stopPropagation();
        setOpen(false);
        button.current?.focus();
      }}
    >
      <Button
        size="small"
        icon="copy"
        ref={button}
        aria-label="Copy"
        title="Copy the text, the number, a link or a command"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      />
      <ul class="copy-menu-list" id={id} hidden={!isOpen}>
        {partsOf(summary).map(([name, text]) => (
          <li key={name}>
            <Button
              kind="plain"
              size="small"
              disabled={text === ''}
              onClick={() => copy(name, text)}
            >
              {name}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}
