import { Fragment } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Place } from '../../../shared/text-search.ts';
import { codeOf, piecesOf } from '../../../shared/visible-text.ts';
import { Button } from './controls.tsx';
import { toast } from './notices.tsx';

/**
 * A stranger's text: only ever text, never markup or a link. Its direction does not reach beyond it, and
 * characters that would not be seen are shown by their codes, as `U+202E`. The stylesheet draws the codes, so
 * that a selection copies the characters.
 */
export function SafeText({ text }: { readonly text: string }) {
  return (
    <bdi class="safe-text">
      <Pieces text={text} />
    </bdi>
  );
}

function Pieces({ text }: { readonly text: string }) {
  return (
    <>
      {piecesOf(text).map((piece, index) =>
        'text' in piece ? (
          piece.text
        ) : (
          <span class="invisible-character" data-code={codeOf(piece.unseen)} key={index}>
            <span class="invisible-itself">{piece.unseen}</span>
          </span>
        ),
      )}
    </>
  );
}

interface HighlightedProps {
  readonly text: string;
  /** What to mark, in order. Default: nothing. */
  readonly places?: readonly Place[] | undefined;
}

/** A stranger's text, as {@link SafeText}, with what a search has found in it marked. */
export function Highlighted({ text, places = [] }: HighlightedProps) {
  if (places.length === 0) return <SafeText text={text} />;
  return (
    <bdi class="safe-text">
      {places.map(({ start, end }, index) => (
        <Fragment key={start}>
          <Pieces text={text.slice(places[index - 1]?.end ?? 0, start)} />
          <mark>
            <Pieces text={text.slice(start, end)} />
          </mark>
        </Fragment>
      ))}
      <Pieces text={text.slice(places.at(-1)?.end)} />
    </bdi>
  );
}

interface CodeBlockProps {
  /** The heading, which also names it for screen readers. */
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

interface CopyButtonProps {
  readonly text: string;
  /** The noun of the label, as in “Copy the request”. */
  readonly what: string;
  /** Whether to show the icon only. */
  readonly isCompact?: boolean;
}

const SAID_MS = 2_000;

/** Copies a text, or says why it cannot. @returns Whether it succeeded. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    toast(
      'The browser does not allow the page to copy. Select the text, and copy it yourself.',
      'bad',
    );
    return false;
  }
}

export function CopyButton({ text, what, isCompact = false }: CopyButtonProps) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => setCopied(await copyText(text));
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
