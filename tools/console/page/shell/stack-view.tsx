import './stack-view.css';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { StackInfo } from '../../protocol.ts';
import type { ClearResult, StackSetup, TunnelStatus } from '../../stack-protocol.ts';
import { ask } from '../api.ts';
import { liveFeed, useFeed } from '../feed.ts';
import { stack } from '../live.ts';
import { Button, Segmented } from '../ui/controls.tsx';
import { plural } from '../ui/format.ts';
import { Badge, Card, View } from '../ui/layout.tsx';
import { Dialog, toast } from '../ui/notices.tsx';
import { CopyButton, SafeText } from '../ui/texts.tsx';
import { type Theme, theme } from '../ui/theme.ts';

const setup = liveFeed<StackSetup>('setup', {
  tunnel: (known, news) => {
    const tunnel = news.at(-1);
    return tunnel ? { ...known, tunnel } : known;
  },
});

/** The parts and the settings of the stack, and the settings of this page. */
export function StackView() {
  const known = useFeed(setup);
  const info = stack.value;
  return (
    <View title="Stack" lead="The stack of this console, and the settings of this page.">
      {(!known || !info) && <p class="muted">{setup.error.value ?? 'Loading…'}</p>}
      {known && info && (
        <div class="view-grid">
          <Parts info={info} setup={known} />
          <Settings info={info} setup={known} />
          <PageCard />
          {info.isLocal && <ClearCard />}
        </div>
      )}
    </View>
  );
}

interface SetupProps {
  readonly info: StackInfo;
  readonly setup: StackSetup;
}

function Parts({ info, setup: known }: SetupProps) {
  const { version, tableName, topicArn, webhookBaseUrl, endpoints = {}, tunnel } = known;
  return (
    <Card title={info.name}>
      <dl class="setup">
        {info.webhookUrl !== undefined ? (
          <CopyFact name="Webhook URL" value={info.webhookUrl} />
        ) : (
          webhookBaseUrl !== undefined && (
            <Fact name="Webhook URL">
              <code>{webhookBaseUrl}/…</code>{' '}
              <span class="muted">ends with the token, which this page does not know</span>
            </Fact>
          )
        )}
        {tunnel && <TunnelFacts tunnel={tunnel} />}
        <CopyFact name="Table" value={tableName} />
        {topicArn !== undefined && <CopyFact name="Topic" value={topicArn} />}
        {Object.entries(endpoints).map(([name, url]) => (
          <CopyFact key={name} name={`Endpoint of ${name}`} value={url} />
        ))}
        <Fact name="Region">{info.region}</Fact>
        {version !== undefined && <Fact name="Version of inbound-sms">{version}</Fact>}
      </dl>
    </Card>
  );
}

/** How the PBX reaches this machine. */
function TunnelFacts({ tunnel }: { readonly tunnel: TunnelStatus }) {
  const { program } = tunnel;
  switch (tunnel.state) {
    case 'waiting':
      return (
        <Fact name="Tunnel">
          <Badge tone={tunnel.isLate ? 'warn' : 'info'}>waiting</Badge>{' '}
          {tunnel.origin === undefined ? (
            <>
              <SafeText text={program} /> has no public URL yet.
            </>
          ) : (
            <>
              <SafeText text={tunnel.origin} />{' '}
              {tunnel.wasUp ? 'has stopped answering.' : 'does not answer yet.'}
            </>
          )}
        </Fact>
      );
    case 'up':
      return (
        <>
          <CopyFact name="Public webhook URL" value={tunnel.webhookUrl} />
          <Fact name="Tunnel">
            <Badge tone="good">up</Badge> by <SafeText text={program} />
          </Fact>
        </>
      );
    case 'down':
      return (
        <Fact name="Tunnel">
          <Badge tone="bad">down</Badge>{' '}
          <SafeText text={`${program} has ended (${tunnel.reason}).`} /> The PBX cannot reach this
          machine. Start the stack again.
        </Fact>
      );
  }
}

/** The stack's outputs, in words. */
const SETTING_NAMES: Readonly<Record<string, string>> = {
  MessageFormat: 'Message format',
  AllowedSmsNumbers: 'Numbers that may receive',
};

function Settings({ info, setup: { settings, topicArn, subscribers } }: SetupProps) {
  return (
    <Card title="Deployed settings">
      <dl class="setup">
        {Object.entries(settings).map(([name, value]) => (
          <Fact key={name} name={SETTING_NAMES[name] ?? name}>
            {value}
          </Fact>
        ))}
        {topicArn !== undefined && (
          <Fact name="Order">
            {topicArn.endsWith('.fifo') ? 'FIFO, by conversation' : 'not guaranteed'}
          </Fact>
        )}
        <Fact name="Country of national numbers">{info.country}</Fact>
        <Fact name="Subscribers of settings.yml">
          {subscribers.length === 0 && 'none'}
          <ul>
            {subscribers.map(({ name, kind, target }) => (
              <li key={name}>
                {name} <Badge>{kind}</Badge> {target !== undefined && <SafeText text={target} />}
              </li>
            ))}
          </ul>
        </Fact>
      </dl>
    </Card>
  );
}

const THEMES = [
  { value: 'system', label: 'As the system', icon: 'system' },
  { value: 'light', label: 'Light', icon: 'sun' },
  { value: 'dark', label: 'Dark', icon: 'moon' },
] as const satisfies readonly { value: Theme; label: string; icon: string }[];

/** The settings of this browser. */
function PageCard() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return (
    <Card title="This page">
      <dl class="setup">
        <Fact name="Colours">
          <Segmented
            label="Colours"
            options={THEMES}
            value={theme.value}
            onChange={(value) => {
              theme.value = value;
            }}
          />
        </Fact>
        <Fact name="Time zone">{timeZone}, the browser’s</Fact>
        <Fact name="Documents">
          docs/console.md, docs/operations.md and docs/cli.md, in the folder of inbound-sms
        </Fact>
      </dl>
    </Card>
  );
}

function ClearCard() {
  const [isAsking, setAsking] = useState(false);
  const [isUnderWay, setUnderWay] = useState(false);
  const clear = async () => {
    setUnderWay(true);
    try {
      const { messages, refused } = await ask<ClearResult>('clear', { method: 'POST' });
      const others = refused > 0 ? ` and ${plural(refused, 'refused request')}` : '';
      toast(`${plural(messages, 'message')}${others} deleted.`, 'good');
    } catch (error) {
      toast(`Not all were deleted. ${(error as Error).message}`, 'bad');
    }
    setUnderWay(false);
    setAsking(false);
  };
  return (
    <Card
      title="Messages"
      actions={
        <Button size="small" onClick={() => setAsking(true)}>
          Clear messages
        </Button>
      }
    >
      <p class="muted">
        Deletes every message and every kept refused request from the table of this local stack.
        Subscribers keep their copies.
      </p>
      {isAsking && (
        <Dialog
          title="Delete every message and refused request?"
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button onClick={() => setAsking(false)}>Cancel</Button>
              <Button kind="primary" disabled={isUnderWay} onClick={clear}>
                Delete all
              </Button>
            </>
          }
        >
          <p>
            This cannot be undone. Messages that are not published yet are not published, and
            refused requests that are kept can no longer be accepted.
          </p>
        </Dialog>
      )}
    </Card>
  );
}

interface FactProps {
  readonly name: string;
  readonly children: ComponentChildren;
}

function Fact({ name, children }: FactProps) {
  return (
    <div class="setup-fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function CopyFact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <Fact name={name}>
      <span class="setup-value">
        <code>{value}</code>
        <CopyButton text={value} what={`the ${name}`} isCompact />
      </span>
    </Fact>
  );
}
