import { useState } from 'preact/hooks';
import type { Chaos } from '../../lab-protocol.ts';
import { ask } from '../api.ts';
import { useFeed } from '../feed.ts';
import { send } from '../send/pbx.ts';
import { EMPTY_FIELDS } from '../send/send-fields.ts';
import { Button, Segmented, Toggle } from '../ui/controls.tsx';
import { Card } from '../ui/layout.tsx';
import { toast } from '../ui/notices.tsx';
import {
  changeChaos,
  chaos,
  DELAY_HINT,
  delayLabel,
  delaysWith,
  faultsOn,
  NO_CHAOS,
  SWITCHES,
} from './chaos.ts';

/** What can go wrong. */
export function Switches() {
  const known = useFeed(chaos);
  const current = known ?? NO_CHAOS;
  const change = (changed: Partial<Chaos>) =>
    changeChaos(changed).catch((refusal: Error) => toast(refusal.message, 'bad'));
  return (
    <Card
      title="Faults"
      actions={
        <Button size="small" disabled={faultsOn(current) === 0} onClick={() => change(NO_CHAOS)}>
          All off
        </Button>
      }
    >
      {chaos.error.value && !known && <p class="field-error">{chaos.error.value}</p>}
      <div class="switches">
        {SWITCHES.map(({ name, label, hint }) => (
          <Toggle
            key={name}
            label={label}
            hint={hint}
            isOn={current[name]}
            disabled={!known}
            onChange={(isOn) => change({ [name]: isOn })}
          />
        ))}
        <div class="delay">
          <span class="delay-label" aria-hidden="true">
            DynamoDB is slow
          </span>
          <Segmented
            label="DynamoDB is slow"
            options={delaysWith(current.dynamodbDelayMs).map((ms) => ({
              value: String(ms),
              label: delayLabel(ms),
            }))}
            value={String(current.dynamodbDelayMs)}
            onChange={(ms) => change({ dynamodbDelayMs: Number(ms) })}
          />
          <p class="muted small">{DELAY_HINT}</p>
        </div>
      </div>
    </Card>
  );
}

const { from, sms_number } = EMPTY_FIELDS;

const ACTIONS = [
  {
    label: '10 identical posts at once',
    done: 'Ten posts of one message are in progress.',
    act: () => send({ from, sms_number, body: 'Ten times the same message', copies: 10 }),
  },
  {
    label: 'Send 100 messages',
    done: '100 messages are in progress, ten at a time.',
    act: () => send({ from, sms_number, body: 'One of a hundred', count: 100 }),
  },
  {
    label: 'Sweep now',
    done: 'The sweeper has run. It leaves messages younger than a minute to the PBX.',
    act: () => ask('sweep', { method: 'POST' }),
  },
];

/** Actions while faults are on. */
export function Actions() {
  const [doing, setDoing] = useState<readonly string[]>([]);
  const [done, setDone] = useState('');
  const [failure, setFailure] = useState('');
  const run = async (action: (typeof ACTIONS)[number]) => {
    setDoing((labels) => [...labels, action.label]);
    setDone('');
    setFailure('');
    try {
      await action.act();
      setDone(action.done);
    } catch (error) {
      setFailure((error as Error).message);
    } finally {
      setDoing((labels) => labels.filter((label) => label !== action.label));
    }
  };
  return (
    <Card title="Send traffic">
      <div class="chaos-actions">
        {ACTIONS.map((action) => (
          <Button
            key={action.label}
            disabled={doing.includes(action.label)}
            onClick={() => run(action)}
          >
            {action.label}
          </Button>
        ))}
      </div>
      <p class="muted small chaos-status" role="status">
        {doing.length > 0 ? 'In progress…' : done}
      </p>
      <p class="field-error" role="alert" hidden={!failure}>
        {failure}
      </p>
    </Card>
  );
}
