import * as v from 'valibot';
import { StoredDeployment, StoredExecution, StoredId, StoredServiceDeployment } from '../rollout/stored-id.ts';
import type { ItemKind } from '../store/change-item.ts';
import type { Gate } from './gate.ts';

const text = v.exactOptional(v.string());
const number = v.exactOptional(v.number());

const StoredVerdict = v.picklist(['approve', 'reject']);

const StoredRevision = v.object({ source: v.string(), id: v.string(), summary: text, url: text });

const StoredPoint = v.variant('kind', [
  v.object({
    kind: v.literal('pipeline-approval'),
    rollout: StoredExecution,
    stage: v.string(),
    action: v.string(),
    actionExecutionId: v.string(),
  }),
  v.object({ kind: v.literal('deployment-ready'), rollout: StoredDeployment }),
  v.object({
    kind: v.literal('ecs-pause'),
    rollout: StoredServiceDeployment,
    hookId: v.string(),
    lifecycleStage: v.string(),
  }),
  v.object({
    kind: v.literal('validation'),
    rollout: StoredId,
    run: v.string(),
    suite: v.string(),
    check: v.string(),
  }),
]);

/** Absent in what was stored before there were rules that approve. */
const byRule = v.exactOptional(v.array(v.object({ rule: v.string(), because: v.string(), at: v.number() })));

const StoredDecision = v.object({
  verdict: StoredVerdict,
  why: v.picklist(['votes', 'policy', 'superseded', 'expired']),
  by: v.array(v.string()),
  byRule,
  names: v.array(v.string()),
  note: text,
  newer: text,
  at: v.number(),
});

const StoredClick = v.object({
  key: v.string(),
  user: v.string(),
  name: text,
  verdict: StoredVerdict,
  note: text,
  at: v.number(),
  requestId: v.string(),
  outcome: v.picklist([
    'counted',
    'not-an-approver',
    'group-unread',
    'person-unread',
    'other-workspace',
    'bot',
    'guest',
    'started-it',
    'wrote-it',
    'author-unknown',
    'two-steps',
    'other-app',
    'other-message',
    'no-policy',
    'over',
  ]),
});

const StoredState = v.variant('kind', [
  v.object({ kind: v.literal('open') }),
  v.object({ kind: v.literal('decided'), decision: StoredDecision }),
  v.object({ kind: v.literal('applied'), decision: StoredDecision, at: v.number() }),
  v.object({
    kind: v.literal('ended'),
    ending: v.object({
      as: v.picklist(['approved', 'rejected', 'expired', 'stopped', 'gone', 'unasked']),
      by: text,
      summary: text,
      at: v.number(),
    }),
  }),
]);

const StoredGate = v.object({
  point: StoredPoint,
  channels: v.array(v.string()),
  openedAt: v.number(),
  expiresAt: number,
  token: text,
  request: v.exactOptional(v.object({ text, url: text })),
  shown: v.exactOptional(v.object({ revisions: v.array(StoredRevision), running: v.exactOptional(StoredRevision) })),
  state: StoredState,
  clicks: v.array(StoredClick),
  byRule,
  reminded: v.number(),
  links: v.exactOptional(v.object({ gate: text, rollout: text })),
  overdue: v.exactOptional(v.literal(true)),
  dueAt: number,
});

export const gateItem: ItemKind<Gate> = {
  parse: (body) => v.parse(StoredGate, body),
  due: ({ dueAt }) => (dueAt === undefined ? undefined : { kind: 'gate', at: dueAt }),
};
