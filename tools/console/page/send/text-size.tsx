import { useMemo } from 'preact/hooks';
import { count, plural } from '../ui/format.ts';
import { SafeText } from '../ui/texts.tsx';
import { MAX_MEASURED, nameOf, sizeOf } from './segments.ts';

/** So many characters are named; the rest is counted. */
const MAX_NAMED = 4;

/** What a text takes as an SMS. */
export function TextSizeLine({ text }: { readonly text: string }) {
  const size = useMemo(() => sizeOf(text), [text]);
  if (!size) return <>Over {count(MAX_MEASURED)} characters: more than a phone can send.</>;
  const { encoding, characters, segments, left, beyondGsm } = size;
  return (
    <>
      <span class="figures text-size">
        <strong>{encoding}</strong> · {plural(characters, 'character')} ·{' '}
        {plural(segments, 'segment')} · {count(left)} left in {segments === 1 ? 'it' : 'the last'}
      </span>
      {beyondGsm.length > 0 && <BeyondGsm characters={beyondGsm} />}
    </>
  );
}

function BeyondGsm({ characters }: { readonly characters: readonly string[] }) {
  const rest = characters.length - MAX_NAMED;
  return (
    <span class="text-size">
      {' '}
      UCS-2 because of <SafeText text={characters.slice(0, MAX_NAMED).map(nameOf).join(', ')} />
      {rest > 0 && ` and ${plural(rest, 'other')}`}, which GSM-7 does not have.
    </span>
  );
}
