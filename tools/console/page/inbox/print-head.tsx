import { second } from '../ui/format.ts';
import { isPrinting } from '../ui/printing.ts';
import { SafeText } from '../ui/texts.tsx';
import { chipsOf } from './filter-chips.tsx';
import { filters } from './inbox.ts';

/**
 * Heads a printed list: what it was narrowed down to, and when it was printed.
 *
 * @param extent How much of the list there is.
 */
export function PrintHead({ extent }: { readonly extent: string }) {
  if (!isPrinting.value) return null;
  const { search, ...others } = filters.value;
  const narrowed = [
    ...(search === undefined ? [] : [{ label: 'Search:', value: search }]),
    ...chipsOf(others),
  ];
  return (
    <div class="print-head">
      <p>
        Inbox, {extent}, printed {second(Date.now())}
      </p>
      {narrowed.map(({ label, value }) => (
        <p key={label}>
          {label} {value !== undefined && <SafeText text={value} />}
        </p>
      ))}
    </div>
  );
}
