import { Card } from '../ui/layout.tsx';
import { explain } from './explain.ts';

/** Why the figures are as they are. */
export function Explanations(situation: Parameters<typeof explain>[0]) {
  return (
    <Card title="What you see">
      <div class="explanations">
        {explain(situation).map(({ key, title, text }) => (
          <div key={key}>
            <h3>{title}</h3>
            <p class="explanation-text">{text}</p>
          </div>
        ))}
      </div>
    </Card>
  );
}
