import { codeOf, piecesOf } from '../../../shared/visible-text.ts';
import type { Route } from '../route.ts';

/** The places that the navigation leads to. Only the local stack has those of the lab. */
const SECTIONS = [
  { name: 'inbox', label: 'Inbox', href: '#/', icon: 'inbox', isLab: false },
  { name: 'send', label: 'Send', href: '#/send', icon: 'send', isLab: true },
  { name: 'chaos', label: 'Chaos', href: '#/chaos', icon: 'chaos', isLab: true },
  {
    name: 'subscribers',
    label: 'Subscribers',
    href: '#/subscribers',
    icon: 'subscribers',
    isLab: true,
  },
  { name: 'requests', label: 'Refused', href: '#/requests', icon: 'refused', isLab: false },
  { name: 'activity', label: 'Activity', href: '#/activity', icon: 'activity', isLab: false },
] as const;

type Section = (typeof SECTIONS)[number];
export type SectionName = Section['name'];

/** Those that a stack has. */
export function sectionsOf(isLocal: boolean): readonly Section[] {
  return SECTIONS.filter(({ isLab }) => isLocal || !isLab);
}

/** Where a route belongs; nothing, if it leads nowhere. */
export function sectionOf({ view }: Route): SectionName | undefined {
  if (view === 'message' || view === 'conversation') return 'inbox';
  return view === 'unknown' || view === 'stack' ? undefined : view;
}

/**
 * What the browser's tab says.
 *
 * @param sender Who sent the message that is open, once it is known.
 */
export function pageTitle(route: Route, stackName: string | undefined, sender?: string): string {
  const product = stackName ? `${stackName} · inbound-sms` : 'inbound-sms';
  return `${titleOf(route, sender)} · ${product}`;
}

function titleOf(route: Route, sender: string | undefined): string {
  switch (route.view) {
    case 'message':
      return sender === undefined ? 'Message' : nameOf(sender);
    case 'conversation':
      return `${nameOf(route.from)} → ${nameOf(route.to)}`;
    case 'stack':
      return 'Stack';
    case 'unknown':
      return 'Not found';
    default:
      return SECTIONS.find(({ name }) => name === route.view)?.label ?? '';
  }
}

/** A sender or receiver, as a text that hides nothing. */
function nameOf(number: string): string {
  if (number === '') return 'withheld';
  return piecesOf(number)
    .map((piece) => ('text' in piece ? piece.text : codeOf(piece.unseen)))
    .join('');
}
