import './safe-text.css';
import { codeOf, piecesOf } from '../../../shared/visible-text.ts';

/**
 * A stranger's text: only ever text, never markup or a link. Its direction does not reach beyond it, and
 * characters that would not be seen are shown by their codes, as `U+202E`.
 */
export function SafeText({ text }: { readonly text: string }) {
  return (
    <bdi class="safe-text">
      {piecesOf(text).map((piece, index) =>
        'text' in piece ? (
          piece.text
        ) : (
          <span class="invisible-character" key={index}>
            {codeOf(piece.unseen)}
          </span>
        ),
      )}
    </bdi>
  );
}
