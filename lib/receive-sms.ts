import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { type IsAllowed, refuseOtherNumbers, refuseOtherSources } from './allow-lists.ts';
import { answer } from './answers.ts';
import { startDeadlines } from './deadlines.ts';
import { type DeliveryDependencies, deliver } from './delivery.ts';
import { faultOfEdge } from './edge.ts';
import type { TokenHash } from './find-tokens.ts';
import type { ObservedContext } from './observability.ts';
import { faultsOfPbxSettings } from './pbx-settings.ts';
import { type Reading, readSmsMessage } from './read-sms-message.ts';
import { redactorOf } from './redact.ts';
import type { Warn } from './warnings.ts';
import { authenticate, indexOfToken, isPost, readForm, unknownToken } from './webhook-request.ts';

/** Time of the function that is left when work must be over, and when cleaning up must be. */
const RESERVE_MS = { work: 3_000, cleanUp: 1_000 };

export interface ReceiveSmsDependencies extends DeliveryDependencies {
  /** The last one is the current token's. */
  readonly tokenHashes: readonly TokenHash[];
  /** What an edge in front of the API proves itself with; none: there is no edge. */
  readonly edgeSecretHashes: readonly TokenHash[];
  /** The host of the webhook's URL, if it is not the API's own. */
  readonly edgeDomainName?: string | undefined;
  readonly isSourceAllowed: IsAllowed;
  readonly isNumberAllowed: IsAllowed;
}

/**
 * The webhook: reads a request, delivers its message and answers. Throws what `answerErrors` of
 * answers.ts turns into answers.
 */
export function receiveSms(dependencies: ReceiveSmsDependencies) {
  return async (
    event: APIGatewayProxyEventV2,
    context: ObservedContext,
  ): Promise<APIGatewayProxyStructuredResultV2> => {
    const { observation } = context;
    const { tokenHashes, edgeSecretHashes, isSourceAllowed, isNumberAllowed } = dependencies;
    const edgeFault = faultOfEdge(event, edgeSecretHashes);
    const { token, tokenIndex } = authenticate(event, tokenHashes);
    observation.note({ token_index: tokenIndex });
    if (edgeFault) {
      // Counted only with the right token: it is the PBX, or somebody who has the URL.
      observation.note({ edge: edgeFault });
      observation.metric('EdgeBypassed');
      observation.metric('Refused');
      throw unknownToken();
    }
    const isOld = tokenIndex < tokenHashes.length - 1;
    if (isOld && isPost(event)) observation.metric('OldTokenUsed');
    refuseOtherSources(event, isSourceAllowed, edgeSecretHashes.length > 0);

    const reading: Reading = {
      redactor: redactorOf(token, tokenHashes.toSpliced(tokenIndex, 1)),
      warn: (warning) => observation.warn(warning),
    };
    const form = readForm(event, reading);
    warnOfPbxSettings(event, form.fields, dependencies, reading.warn);
    const message = readSmsMessage(form, reading);
    observation.note({ message_id: message.message_id });
    refuseOtherNumbers(message, isNumberAllowed);

    using deadlines = startDeadlines(context.getRemainingTimeInMillis(), RESERVE_MS);
    const { outcome, tries, marked } = await deliver(message, dependencies, deadlines);
    observation.outcomeIs(outcome, tries);
    if (marked === false) observation.metric('NotMarked');
    if (outcome === 'conflict' || outcome === 'in-flight') observation.level = 'WARN';
    return answer(outcome, { message_id: message.message_id });
  };
}

/** Warns of settings that somebody should look at. The answer stays what it is. */
function warnOfPbxSettings(
  { requestContext, rawPath }: APIGatewayProxyEventV2,
  fields: ReadonlyMap<string, string>,
  { tokenHashes, edgeDomainName }: Pick<ReceiveSmsDependencies, 'tokenHashes' | 'edgeDomainName'>,
  warn: Warn,
): void {
  const faults = faultsOfPbxSettings(fields, {
    host: edgeDomainName ?? requestContext.domainName ?? '',
    path: rawPath,
    isToken: (text) => indexOfToken(text, tokenHashes) >= 0,
  });
  for (const fault of faults) warn(fault);
}
