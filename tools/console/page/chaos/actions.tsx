import { useState } from 'preact/hooks';
import type { SendRequest } from '../../protocol.ts';
import { ask } from '../api.ts';
import { send } from '../send/send.ts';
import { EMPTY_FIELDS } from '../send/send-fields.ts';
import { Button } from '../ui/controls.tsx';
import { Card } from '../ui/layout.tsx';

const { from, sms_number } = EMPTY_FIELDS;

interface Action {
  readonly label: string;
  readonly done: string;
  readonly act: () => Promise<unknown>;
}

const ACTIONS: readonly Action[] = [
  {
    label: '10 identical posts at once',
    done: 'Ten posts of one message are under way.',
    act: () => send(request({ body: 'Ten times the same message', copies: 10 })),
  },
  {
    label: 'Send 100 messages',
    done: '100 messages are under way, ten at a time.',
    act: () => send(request({ body: 'One of a hundred', count: 100 })),
  },
  {
    label: 'Sweep now',
    done: 'The sweeper has run. It leaves what is younger than a minute to the PBX.',
    act: () => ask('sweep', { method: 'POST' }),
  },
];

function request(given: Pick<SendRequest, 'body' | 'copies' | 'count'>): SendRequest {
  return { from, sms_number, ...given };
}

/** Something to do while things go wrong. */
export function Actions() {
  const [doing, setDoing] = useState<readonly string[]>([]);
  const [done, setDone] = useState('');
  const [failure, setFailure] = useState('');
  const run = async (action: Action) => {
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
    <Card title="Meanwhile">
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
        {doing.length > 0 ? 'On it…' : done}
      </p>
      <p class="field-error" role="alert" hidden={!failure}>
        {failure}
      </p>
    </Card>
  );
}
