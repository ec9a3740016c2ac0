import { type Finding, finding } from './finding.ts';

/** Where a stack is, for the commands of a hint. */
interface Place {
  readonly name: string;
  readonly region: string;
}

/**
 * What a state of the stack means, and the way out of it: not each state lets a deploy in.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
 */
export function stackFinding(place: Place, state: string): Finding {
  const detail = `${place.name} in ${place.region}: ${state}`;
  if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(state)) return finding('stack', 'ok', detail);
  const isUsable = /_IN_PROGRESS$|^(UPDATE|IMPORT)_ROLLBACK_COMPLETE$/.test(state);
  const works = isUsable && !/^(DELETE|REVIEW)_/.test(state);
  return finding('stack', works ? 'warning' : 'failed', detail, { hint: wayOut(place, state) });
}

function wayOut({ name, region }: Place, state: string): string {
  const aws = (command: string) =>
    `aws cloudformation ${command} --region ${region} --stack-name ${name}`;
  const events = `Its events say why: ${aws('describe-stack-events')}`;
  switch (state) {
    case 'DELETE_IN_PROGRESS':
      return 'Somebody is removing it. What stays: docs/deploy.md#remove';
    case 'REVIEW_IN_PROGRESS':
      return `Nothing was deployed, only a change set was made. Delete it, then deploy: ${aws('delete-stack')}`;
    case 'UPDATE_ROLLBACK_COMPLETE':
    case 'IMPORT_ROLLBACK_COMPLETE':
      return `The last deploy failed, and the version before it runs. ${events} Mend that, then deploy.`;
    case 'UPDATE_ROLLBACK_FAILED':
      return `${events} Mend that, then: ${aws('continue-update-rollback')} Until then it refuses every deploy.`;
    case 'UPDATE_FAILED':
      return `${events} Mend that, then: ${aws('rollback-stack')} Then deploy.`;
    case 'ROLLBACK_COMPLETE':
    case 'ROLLBACK_FAILED':
    case 'CREATE_FAILED':
    case 'DELETE_FAILED':
      return `No deploy can change it. ${events} Mend that, delete it (${aws('delete-stack')}), then deploy. docs/deploy.md#a-deploy-that-fails`;
    default:
      return state.endsWith('_IN_PROGRESS') ? 'Wait until the deploy has ended.' : events;
  }
}
