import type { Config } from '../../shared/config/config.ts';
import { gateItem } from '../../shared/gate/stored-gate.ts';
import type { Click, Gate, RuleApproval } from '../../shared/gate/gate.ts';
import { summaryOf } from '../../shared/gate/gate.ts';
import { policyAt, policyName } from '../../shared/gate/policy.ts';
import { pointTitle } from '../../shared/message/point-name.ts';
import { redact } from '../../shared/redact.ts';
import type { StoredGate } from './find-rollouts.ts';

/** The story of a gate: what was shown, every click, and what came of it. Times are epoch milliseconds. */
export type StoryGate = {
  readonly id: string;
  readonly kind: Gate['point']['kind'];
  /** What people call the point at which it waits. */
  readonly where: string;
  /** Of an approval action, or of a pause hook its lifecycle stage and id; null at other points. */
  readonly stage: string | null;
  readonly action: string | null;
  /** What gatehouse.yml calls the gate; null: none matches any more. */
  readonly policy: string | null;
  readonly state: Gate['state']['kind'];
  readonly openedAt: number;
  readonly expiresAt: number | null;
  /** It is open, and has been for longer than gatehouse.yml allows. */
  readonly overdue: boolean;
  /** The revisions that were shown. */
  readonly shown: readonly string[];
  readonly clicks: readonly (Omit<Click, 'key' | 'name' | 'note'> & {
    readonly name: string | null;
    readonly note: string | null;
  })[];
  /** Which of its policy's rules approved, by which facts: those that made the decision, otherwise at the last look. */
  readonly rules: readonly RuleApproval[];
  /** How it ended, and what the platform was told; null while it waits. */
  readonly end: { readonly says: string; readonly at: number } | null;
};

/** Tells the story of a gate; undefined where this version cannot read it. The token is no part of it. */
export const gateStory = ({ id, items }: StoredGate, config: Config): StoryGate | undefined => {
  const row = items.find(({ sk }) => sk === 'GATE');
  const gate = row === undefined ? undefined : readGate(row.body);
  if (gate === undefined) {
    return undefined;
  }
  const { point, state, openedAt, expiresAt, overdue, shown, clicks } = gate;
  const policy = policyAt(point, config);
  return {
    id,
    kind: point.kind,
    where: pointTitle(point),
    ...placeOf(point),
    policy: policy === undefined ? null : policyName(policy, config.gates?.indexOf(policy) ?? 0),
    state: state.kind,
    openedAt,
    expiresAt: expiresAt ?? null,
    overdue: state.kind === 'open' && overdue === true,
    shown: (shown?.revisions ?? []).map((revision) => redact(`${revision.id} ${revision.summary ?? ''}`.trim())),
    clicks: clicks.map(({ user, name, verdict, note, at, requestId, outcome }) => ({
      user,
      name: name ?? null,
      verdict,
      note: note === undefined ? null : redact(note),
      at,
      requestId,
      outcome,
    })),
    rules: rulesOf(gate).map(({ because, ...rule }) => ({ ...rule, because: redact(because) })),
    end: endOf(state),
  };
};

const rulesOf = ({ state, byRule = [] }: Gate): readonly RuleApproval[] => {
  switch (state.kind) {
    case 'open':
      return byRule;
    case 'decided':
    case 'applied':
      return state.decision.byRule ?? [];
    case 'ended':
      return [];
  }
};

const readGate = (body: unknown): Gate | undefined => {
  try {
    return gateItem.parse(body);
  } catch {
    return undefined;
  }
};

const placeOf = (point: Gate['point']): Pick<StoryGate, 'stage' | 'action'> => {
  switch (point.kind) {
    case 'pipeline-approval':
      return { stage: point.stage, action: point.action };
    case 'deployment-ready':
      return { stage: null, action: null };
    case 'ecs-pause':
      return { stage: point.lifecycleStage, action: point.hookId };
    case 'validation':
      return { stage: point.suite, action: point.check === '' ? null : point.check };
  }
};

const endOf = (state: Gate['state']): StoryGate['end'] => {
  switch (state.kind) {
    case 'open':
      return null;
    case 'decided':
      return { says: `${redact(summaryOf(state.decision))} (AWS is not told yet)`, at: state.decision.at };
    case 'applied':
      return { says: redact(summaryOf(state.decision)), at: state.at };
    case 'ended': {
      const { as, by, summary, at } = state.ending;
      if (as === 'unasked') {
        return { says: 'nobody was asked: it goes on by itself', at };
      }
      const who = by === undefined ? '' : ` by ${by}`;
      return { says: redact(`${as} outside Slack${who}${summary === undefined ? '' : `: ${summary}`}`), at };
    }
  }
};
