import { plural } from '../ui/format.ts';
import { Badge } from '../ui/layout.tsx';

/** How often another message with the same id was refused; nothing, if it never was. */
export function ConflictsBadge({ conflicts }: { readonly conflicts: number }) {
  if (conflicts === 0) return null;
  return (
    <Badge tone="bad" icon="alert">
      {plural(conflicts, 'conflict')}
    </Badge>
  );
}
