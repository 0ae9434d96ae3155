import type { ActionDeclaration, SimulatedPipeline } from './pipeline.ts';
import type { ActionRun } from './pipeline-state.ts';

/** What an approval action with a NotificationArn publishes. It carries the token. */
export type ApprovalMessage = { readonly topicArn: string; readonly subject: string; readonly message: string };

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals-json-format.html */
export const approvalMessage = (
  { declaration: { name }, home: { region } }: SimulatedPipeline,
  { configuration = {} }: ActionDeclaration,
  { stage, action, token = '', ends }: ActionRun,
): ApprovalMessage | undefined => {
  const { NotificationArn: topicArn, CustomData: customData, ExternalEntityLink: externalEntityLink } = configuration;
  if (topicArn === undefined) {
    return undefined;
  }
  const consoleLink = `https://console.aws.amazon.com/codepipeline/home?region=${region}#/view/${name}`;
  return {
    topicArn,
    // The names may be longer than a subject of SNS.
    subject: `APPROVAL NEEDED: AWS CodePipeline ${name} for action ${action}`.slice(0, 99),
    message: JSON.stringify({
      region,
      consoleLink,
      approval: {
        pipelineName: name,
        stageName: stage,
        actionName: action,
        token,
        expires: toMinutes(ends.at),
        ...(externalEntityLink !== undefined && { externalEntityLink }),
        approvalReviewLink: `${consoleLink}/${stage}/${action}/approve/${token}`,
        ...(customData !== undefined && { customData }),
      },
    }),
  };
};

/** `2026-11-27T10:00Z` */
const toMinutes = (time: number): string => `${new Date(time).toISOString().slice(0, 16)}Z`;
