import { codeOf, piecesOf } from '../../../shared/visible-text.ts';
import type { Route } from '../route.ts';

/** The views in the navigation. Only the local stack has those of the lab. */
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

/** The section of a route. Undefined if there is none. */
export function sectionOf({ view }: Route): SectionName | undefined {
  if (view === 'message' || view === 'conversation') return 'inbox';
  return view === 'unknown' || view === 'stack' ? undefined : view;
}

/**
 * The title of the browser's tab.
 *
 * @param sender The sender of the open message, once it is known.
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

/** A sender or receiver, with invisible characters shown. */
function nameOf(number: string): string {
  if (number === '') return 'withheld';
  return piecesOf(number)
    .map((piece) => ('text' in piece ? piece.text : codeOf(piece.unseen)))
    .join('');
}
