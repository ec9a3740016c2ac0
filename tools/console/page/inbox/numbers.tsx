import './numbers.css';
import { Icon } from '../ui/icons.tsx';
import { SafeText } from '../ui/texts.tsx';

/** Who sent it, and to which number. A sender may be a name of any characters; either may be empty. */
export function Numbers({ from, to }: { readonly from: string; readonly to: string }) {
  return (
    <span class="numbers">
      <span class="numbers-from">{from ? <SafeText text={from} /> : <em>withheld</em>}</span>
      <span class="visually-hidden"> to </span>
      <Icon name="arrow" size={12} />
      <span class="numbers-to">{to ? <SafeText text={to} /> : <em>unknown</em>}</span>
    </span>
  );
}
