import type { SlackReply } from '../../shared/delivery/slack-reply.ts';
import type { Invocation } from './invocation.ts';
import type { Kernel } from './kernel.ts';

export type Service = 'codedeploy' | 'codepipeline' | 'dynamodb' | 'ecs' | 'sns' | 'sqs' | 'slack';

/** A call on its way: who makes it and of whom what is asked. */
export type Call = { readonly by: Invocation; readonly service: Service; readonly operation: string };

/** What lies between a function and the services: it decides when, and whether, a call takes effect and is answered. */
export type Network = {
  /** A call of AWS: rejects where the SDK would throw. */
  readonly aws: <Value>(call: Call, effect: () => Value) => Promise<Value>;
  /** A call of Slack: what went wrong is in the reply. */
  readonly slack: <Value>(call: Call, effect: () => SlackReply<Value>) => Promise<SlackReply<Value>>;
};

/** How long an answer takes, in milliseconds; half of it is the way there. */
export const LATENCY_MS: Readonly<Record<Service, number>> = {
  codedeploy: 80,
  codepipeline: 80,
  dynamodb: 6,
  ecs: 80,
  sns: 30,
  sqs: 12,
  slack: 200,
};

/** A network on which nothing goes wrong and everything takes its usual time. */
export const createCalmNetwork = ({ clock }: Kernel): Network => {
  const carry = async <Value>({ service }: Call, effect: () => Value): Promise<Value> => {
    await clock.sleep(LATENCY_MS[service] / 2);
    const value = effect();
    await clock.sleep(LATENCY_MS[service] / 2);
    return value;
  };
  return { aws: carry, slack: carry };
};
