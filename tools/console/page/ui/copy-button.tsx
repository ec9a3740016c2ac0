import { useEffect, useState } from 'preact/hooks';
import { Button } from './button.tsx';
import { toast } from './toasts.tsx';

interface CopyButtonProps {
  readonly text: string;
  /** What it is, as in “Copy the request”. */
  readonly what: string;
  /** Whether to show the icon only. */
  readonly isCompact?: boolean;
}

const SAID_MS = 2_000;

export function CopyButton({ text, what, isCompact = false }: CopyButtonProps) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      toast(
        'The browser does not let the page copy. Select the text, and copy it yourself.',
        'bad',
      );
    }
  };
  const said = isCopied ? `Copied ${what}` : `Copy ${what}`;
  return (
    <Button
      kind={isCompact ? 'plain' : 'secondary'}
      size="small"
      icon={isCopied ? 'check' : 'copy'}
      aria-label={said}
      title={said}
      onClick={copy}
    >
      {isCompact ? undefined : isCopied ? 'Copied' : 'Copy'}
    </Button>
  );
}
