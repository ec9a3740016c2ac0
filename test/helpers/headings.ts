/**
 * The anchors of a Markdown document's headings, as on GitHub: `## A flood` is `a-flood`, and a second one
 * `a-flood-1`.
 */
export function anchorsOf(document: string): string[] {
  const seen = new Map<string, number>();
  return [...document.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-');
    const earlier = seen.get(anchor) ?? 0;
    seen.set(anchor, earlier + 1);
    return earlier === 0 ? anchor : `${anchor}-${earlier}`;
  });
}
