import type { EmbeddedQueues } from '../embedded-queues.ts';
import { signedHeaders } from '../service.ts';
import { isApproval } from './pipeline.ts';
import type { SimulatedPipeline } from './pipeline.ts';
import type { ApprovalMessage } from './approval-message.ts';

/** The topics that approvals are published to, each once. */
export const approvalTopicsOf = (pipelines: readonly SimulatedPipeline[]): readonly string[] => [
  ...new Set(
    pipelines.flatMap(({ declaration }) =>
      declaration.stages.flatMap(({ actions }) =>
        actions.filter(isApproval).flatMap(({ configuration }) => configuration?.['NotificationArn'] ?? []),
      ),
    ),
  ),
];

/** Publishes approval messages through the stack's SNS, as the pipeline's role does. */
export const createApprovalTopics = (
  { service }: Pick<EmbeddedQueues, 'service'>,
  log: (line: string) => void,
): {
  readonly publish: (message: ApprovalMessage) => void;
  readonly pending: () => number;
  /** Resolves when nothing is under way. */
  readonly settled: () => Promise<void>;
} => {
  const pending = new Set<Promise<void>>();

  const send = async ({ topicArn, subject, message }: ApprovalMessage): Promise<void> => {
    const form = { Action: 'Publish', TopicArn: topicArn, Subject: subject, Message: message };
    const { status } = await service({
      service: 'sns',
      method: 'POST',
      path: '/',
      headers: { ...signedHeaders('sns'), 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    });
    if (status !== 200) {
      throw new Error(`SNS answered ${status}`);
    }
  };

  return {
    publish: (message) => {
      // The message has the token, so nothing of it is logged.
      const sent = send(message)
        .catch((error: unknown) => {
          log(
            `An approval was not published to ${message.topicArn}: ${error instanceof Error ? error.message : 'no reason given'}`,
          );
        })
        .finally(() => pending.delete(sent));
      pending.add(sent);
    },
    pending: () => pending.size,
    settled: async () => {
      await Promise.all(pending);
    },
  };
};
