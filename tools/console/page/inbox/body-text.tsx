import { SafeText } from '../ui/texts.tsx';

/** A message's text, which may be empty. */
export function BodyText({ text }: { readonly text: string }) {
  return text === '' ? <span class="muted">(no text)</span> : <SafeText text={text} />;
}
