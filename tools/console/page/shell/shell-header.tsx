import './shell-header.css';
import { connection, stack } from '../live.ts';
import { Segmented } from '../ui/controls.tsx';
import { Icon } from '../ui/icons.tsx';
import { Badge } from '../ui/layout.tsx';
import { type Theme, theme } from '../ui/theme.ts';
import { type SectionName, sectionsOf } from './sections.ts';

const THEMES = [
  { value: 'system', label: 'As the system', icon: 'system' },
  { value: 'light', label: 'Light', icon: 'sun' },
  { value: 'dark', label: 'Dark', icon: 'moon' },
] as const satisfies readonly { value: Theme; label: string; icon: string }[];

interface ShellHeaderProps {
  readonly section: SectionName | undefined;
  /** To the content, past the navigation. */
  readonly onSkip: () => void;
}

/** What it is, where one can go, and whether it is live. */
export function ShellHeader({ section, onSkip }: ShellHeaderProps) {
  const info = stack.value;
  return (
    <header class="shell-header">
      {/* biome-ignore lint/a11y/useValidAnchor: it is one for whoever lists the links of a page */}
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
            <span class="shell-stack" title={`${info.name} in ${info.region}`}>
              {info.name}
              <span class="shell-region"> {info.region}</span>
            </span>
            {info.isLocal && <Badge tone="info">local</Badge>}
          </>
        )}
      </div>
      {/* Which there are, and where, is known with the stack. */}
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
        <ConnectionState />
        <Segmented
          label="Colours"
          options={THEMES}
          value={theme.value}
          onChange={(value) => {
            theme.value = value;
          }}
        />
      </div>
    </header>
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
