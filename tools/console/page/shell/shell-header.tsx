import './shell-header.css';
import { chaos, faultText } from '../chaos/chaos.ts';
import { useFeed } from '../feed.ts';
import { connection, stack } from '../live.ts';
import { route } from '../route.ts';
import { Icon } from '../ui/icons.tsx';
import { Badge } from '../ui/layout.tsx';
import { type SectionName, sectionsOf } from './sections.ts';

interface ShellHeaderProps {
  readonly section: SectionName | undefined;
  /** Skips the navigation. */
  readonly onSkip: () => void;
}

/** The stack's name, the navigation, and whether the page is live. */
export function ShellHeader({ section, onSkip }: ShellHeaderProps) {
  const info = stack.value;
  return (
    <header class="shell-header">
      {/* biome-ignore lint/a11y/useValidAnchor: screen readers list it as a link */}
      <a
        class="skip-link"
        href="#content"
        onClick={(event) => {
          // The address is the view's.
          event.preventDefault();
          onSkip();
        }}
      >
        Skip to the content
      </a>
      <div class="shell-brand">
        <img class="shell-logo" src="/_console/icon.svg" alt="" width="24" height="24" />
        <span class="shell-product">inbound-sms</span>
        {info && (
          <>
            <a
              class="shell-stack"
              href="#/stack"
              title={`${info.name} in ${info.region}: show its parts`}
              aria-current={route.value.view === 'stack' ? 'page' : undefined}
            >
              {info.name}
              <span class="shell-region"> {info.region}</span>
            </a>
            {info.isLocal && <Badge tone="info">local</Badge>}
          </>
        )}
      </div>
      {/* The stack says which exist, and where. */}
      {info && (
        <nav class="shell-nav" aria-label="Views">
          {sectionsOf(info.isLocal).map(({ name, label, href, icon }) => (
            <a
              key={name}
              class="shell-link"
              href={href}
              aria-current={name === section ? 'page' : undefined}
            >
              <Icon name={icon} />
              <span>{label}</span>
            </a>
          ))}
        </nav>
      )}
      <div class="shell-tools">
        {info?.isLocal && <FaultLink />}
        <ConnectionState />
      </div>
    </header>
  );
}

/** The active faults, which explain odd things in other views. */
function FaultLink() {
  const known = useFeed(chaos);
  const text = known && faultText(known);
  if (text === undefined) return null;
  return (
    <a class="shell-fault" href="#/chaos" title={`${text}: show the faults`}>
      <Icon name="alert" />
      <span class="shell-fault-text">{text}</span>
    </a>
  );
}

const CONNECTIONS = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'Reconnecting…',
  refused: 'No session',
};

function ConnectionState() {
  const state = connection.value;
  return (
    <span class={`shell-connection shell-${state}`} role="status">
      {state === 'lost' || state === 'refused' ? <Icon name="alert" /> : <span class="shell-dot" />}
      {CONNECTIONS[state]}
    </span>
  );
}
