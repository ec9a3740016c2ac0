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

/** What the browser's tab says. */
export function pageTitle(route: Route, stackName: string | undefined): string {
  const product = stackName ? `${stackName} · inbound-sms` : 'inbound-sms';
  return `${titleOf(route)} · ${product}`;
}

function titleOf(route: Route): string {
  switch (route.view) {
    case 'message':
      return 'Message';
    case 'conversation':
      return `${route.from} → ${route.to}`;
    case 'stack':
      return 'Stack';
    case 'unknown':
      return 'Not found';
    default:
      return SECTIONS.find(({ name }) => name === route.view)?.label ?? '';
  }
}
