import './safe-text.css';
import { piecesOf } from './invisible.ts';

/**
 * A stranger's text: only ever text, never markup or a link. Its direction does not reach beyond it, and
 * its invisible characters are shown.
 */
export function SafeText({ text }: { readonly text: string }) {
  return (
    <bdi class="safe-text">
      {piecesOf(text).map((piece, index) =>
        'text' in piece ? (
          piece.text
        ) : (
          <span class="invisible-character" key={index}>
            {piece.code}
          </span>
        ),
      )}
    </bdi>
  );
}
