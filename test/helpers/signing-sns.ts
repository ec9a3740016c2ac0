import { generateKeyPairSync, sign } from 'node:crypto';
import { Agent, type AgentOptions, createServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { selfSigned } from '../../tools/bench/certificate.ts';
import { hangUp, listen } from '../../tools/local/listen.ts';

const HOST = 'sns.ap-southeast-2.amazonaws.com';
const CERTIFICATE_PATH = '/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem';

/** What SNS posts: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
export interface Envelope {
  readonly Type: 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation';
  readonly TopicArn: string;
  readonly Message: string;
  readonly MessageId: string;
  readonly Timestamp: string;
  readonly Subject?: string;
  readonly Token?: string;
  readonly SubscribeURL?: string;
  readonly SignatureVersion: '1' | '2';
  readonly SigningCertURL: string;
  readonly Signature: string;
}

/**
 * SNS as an HTTPS endpoint sees it. It signs with its own key, and serves its certificate and URLs over
 * TLS.
 */
export interface SigningSns extends AsyncDisposable {
  /** Sends all requests here, with any host, and trusts the certificate. */
  readonly agent: Agent;
  /** The hosts of all connections. */
  readonly hosts: string[];
  /** The requested paths with their queries. */
  readonly paths: string[];
  /** The status for a path, if it is not 200. With 0, the connection breaks. */
  failure: (path: string) => number | undefined;
  notification(
    topicArn: string,
    content: { message: string; subject?: string },
    version?: '1' | '2',
  ): Envelope;
  confirmation(topicArn: string, type?: Envelope['Type']): Envelope;
}

export async function startSigningSns(): Promise<SigningSns> {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const certificate = selfSigned(HOST, keys);
  const key = keys.privateKey.export({ format: 'pem', type: 'pkcs8' });

  const server = createServer({ key, cert: certificate }, ({ url = '' }, response) => {
    sns.paths.push(url);
    const status = sns.failure(url) ?? 200;
    if (status === 0) {
      response.destroy();
      return;
    }
    response.writeHead(status);
    response.end(url === CERTIFICATE_PATH && status === 200 ? certificate : '<Response/>');
  });
  // Requests have SNS's host name.
  const port = await listen(server, 0, () => 'everybody');

  class LocalAgent extends Agent {
    override createConnection(
      options: AgentOptions,
      ...rest: [callback?: (error: Error | null, stream: Duplex) => void]
    ) {
      sns.hosts.push(String(options.host));
      const here = { host: '127.0.0.1', port, ca: certificate };
      return super.createConnection({ ...options, ...here }, ...rest);
    }
  }

  function signed(envelope: Omit<Envelope, 'Signature' | 'SigningCertURL'>): Envelope {
    const { SignatureVersion, Type } = envelope;
    const names = Type === 'Notification' ? SIGNED_OF_NOTIFICATION : SIGNED_OF_CONFIRMATION;
    const text = names
      .filter((name) => envelope[name] !== undefined)
      .map((name) => `${name}\n${envelope[name]}\n`)
      .join('');
    const algorithm = SignatureVersion === '1' ? 'sha1' : 'sha256';
    return {
      ...envelope,
      Signature: sign(algorithm, Buffer.from(text), keys.privateKey).toString('base64'),
      SigningCertURL: `https://${HOST}${CERTIFICATE_PATH}`,
    };
  }

  const common = () => ({ MessageId: crypto.randomUUID(), Timestamp: '2026-01-02T12:45:07.000Z' });
  const sns: SigningSns = {
    agent: new LocalAgent(),
    hosts: [],
    paths: [],
    failure: () => undefined,
    notification: (TopicArn, { message: Message, subject }, SignatureVersion = '2') =>
      signed({
        ...common(),
        ...(subject !== undefined && { Subject: subject }),
        Type: 'Notification',
        TopicArn,
        Message,
        SignatureVersion,
      }),
    confirmation: (TopicArn, Type = 'SubscriptionConfirmation') =>
      signed({
        ...common(),
        Type,
        TopicArn,
        Message: 'You have chosen to subscribe to the topic.',
        Token: 'token',
        SubscribeURL: `https://${HOST}/?Action=ConfirmSubscription&TopicArn=${TopicArn}&Token=token`,
        SignatureVersion: '2',
      }),
    async [Symbol.asyncDispose]() {
      sns.agent.destroy();
      await hangUp(server);
    },
  };
  return sns;
}

/** In the order of https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html */
const SIGNED_OF_NOTIFICATION = [
  'Message',
  'MessageId',
  'Subject',
  'Timestamp',
  'TopicArn',
  'Type',
] as const;
const SIGNED_OF_CONFIRMATION = [
  'Message',
  'MessageId',
  'SubscribeURL',
  'Timestamp',
  'Token',
  'TopicArn',
  'Type',
] as const;
