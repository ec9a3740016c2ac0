import type { Chaos } from '../../protocol.ts';
import { Button, Segmented, Toggle } from '../ui/controls.tsx';
import { Card } from '../ui/layout.tsx';
import { toast } from '../ui/notices.tsx';
import { changeChaos } from './feeds.ts';
import { DELAY_HINT, delayLabel, delaysWith, faultsOn, NO_CHAOS, SWITCHES } from './switch-list.ts';

interface SwitchesProps {
  /** Nothing until it is known. */
  readonly chaos: Chaos | undefined;
  readonly error: string | undefined;
}

/** What can go wrong. */
export function Switches({ chaos, error }: SwitchesProps) {
  const current = chaos ?? NO_CHAOS;
  const change = async (changed: Partial<Chaos>) => {
    try {
      await changeChaos(changed);
    } catch (refusal) {
      toast((refusal as Error).message, 'bad');
    }
  };
  return (
    <Card
      title="What goes wrong"
      actions={
        <Button size="small" disabled={faultsOn(current) === 0} onClick={() => change(NO_CHAOS)}>
          All off
        </Button>
      }
    >
      {error && !chaos && <p class="field-error">{error}</p>}
      <div class="switches">
        {SWITCHES.map(({ name, label, hint }) => (
          <Toggle
            key={name}
            label={label}
            hint={hint}
            isOn={current[name]}
            disabled={!chaos}
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
