import './code-block.css';
import { CopyButton } from './copy-button.tsx';
import { SafeText } from './safe-text.tsx';

interface CodeBlockProps {
  /** What it is: stands above, and names it for screen readers. */
  readonly label: string;
  /** To copy, and to read. */
  readonly text: string;
  /** To read instead of it. */
  readonly shown?: string;
  /** Breaks long lines instead of scrolling them. */
  readonly wraps?: boolean;
}

/** Text to read and to copy. */
export function CodeBlock({ label, text, shown = text, wraps = false }: CodeBlockProps) {
  return (
    <figure class="code-block">
      <figcaption class="code-head">
        <span>{label}</span>
        <CopyButton text={text} what={`the ${label}`} isCompact />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre class={wraps ? 'code-text code-wraps' : 'code-text'} tabIndex={0}>
        <SafeText text={shown} />
      </pre>
    </figure>
  );
}
