import { redact } from '../../shared/redact.ts';
import { runRecordItem } from '../../shared/validation/run-record.ts';
import type { RunRecord } from '../../shared/validation/run-record.ts';
import { summaryOf } from '../../shared/validation/run-summary.ts';
import type { Conclusion, Run } from '../../shared/validation/run.ts';
import { runItem } from '../../shared/validation/stored-run.ts';
import type { StoredGate } from './find-rollouts.ts';

/** The story of a run of validation: what it was told, every sample, who voted, how it ended. Times are epoch milliseconds. */
export type StoryRun = {
  readonly id: string;
  readonly hook: string | null;
  readonly suite: string | null;
  /** SHA-256 of the suite's file. */
  readonly hash: string | null;
  readonly startedAt: number;
  readonly deadline: number;
  readonly variables: Readonly<Record<string, string>>;
  /** What the owner of the environment allows, by the rule that does. */
  readonly allowances: Readonly<Record<string, string>>;
  readonly checks: readonly StoryCheck[];
  readonly votes: RunRecord['votes'];
  /** How it ended; null while it goes on. */
  readonly conclusion: {
    readonly action: string;
    readonly says: string;
    readonly allowedBy: string | null;
    readonly at: number;
  } | null;
  /** What the platform was told, or why it was not; null while it has not been. */
  readonly report: {
    readonly kind: 'reported' | 'moot' | 'overtaken';
    readonly platform: string;
    readonly says: string;
    readonly at: number;
  } | null;
  /** Whether it is written down for good. */
  readonly isRecorded: boolean;
};

type StoryCheck = {
  readonly name: string;
  readonly verdict: string;
  readonly advisory: boolean;
  readonly taken: number;
  readonly count: number;
  readonly samples: readonly {
    readonly at: number;
    readonly tookMs: number;
    readonly outcome: string;
    readonly says: string;
    readonly value: string | null;
    readonly expected: string | null;
    readonly evidence: string | null;
  }[];
};

/** Tells the story of a run; undefined where this version cannot read it. The key of the hook's call is no part of it. */
export const runStory = ({ id, items }: StoredGate): StoryRun | undefined => {
  const read = readRun(items);
  if (read === undefined) {
    return undefined;
  }
  const { run, votes, isRecorded } = read;
  const { suite, state } = run;
  // What was overtaken came to nothing.
  const conclusion = 'conclusion' in state && state.kind !== 'overtaken' ? state.conclusion : undefined;
  const { hook, checks } = summaryOf(run);
  return {
    id,
    hook: hook ?? null,
    suite: suite?.name ?? null,
    hash: suite?.hash ?? null,
    startedAt: run.startedAt,
    deadline: run.deadline,
    variables: Object.fromEntries(Object.entries(run.variables).map(([name, value]) => [name, redact(value)])),
    allowances: Object.fromEntries(Object.entries(run.allowances)),
    checks: checks.map(({ name, verdict, advisory, taken, count }, index) => ({
      name,
      verdict,
      advisory,
      taken,
      count,
      samples: (run.checks[index]?.samples ?? []).map(({ at, tookMs, outcome, says, value, expected, evidence }) => ({
        at,
        tookMs,
        outcome,
        says: redact(says),
        value: value === undefined ? null : redact(value),
        expected: expected === undefined ? null : redact(expected),
        evidence: evidence === undefined ? null : redact(evidence),
      })),
    })),
    votes: votes.map((vote) => ({ ...vote, ...(vote.note !== undefined && { note: redact(vote.note) }) })),
    conclusion:
      conclusion === undefined
        ? null
        : {
            action: conclusion.action,
            says: redact(conclusion.says),
            allowedBy: conclusion.allowedBy ?? null,
            at: conclusion.at,
          },
    report: reportOf(run),
    isRecorded,
  };
};

const reportOf = (run: Run): StoryRun['report'] => {
  const { rollout, state } = run;
  const platform = PLATFORMS[rollout.source];
  switch (state.kind) {
    case 'reported':
      return { kind: 'reported', platform, says: toldTo(run, state.conclusion.action), at: state.at };
    case 'moot':
    case 'overtaken':
      return { kind: state.kind, platform, says: state.says, at: state.at };
    case 'running':
    case 'asking':
    case 'decided':
      return null;
  }
};

const PLATFORMS = { codedeploy: 'CodeDeploy', ecs: 'ECS', codepipeline: 'CodePipeline' } as const;

/** What the platform was told. */
const toldTo = ({ call }: Run, action: Conclusion['action']): string => {
  const isGoing = action === 'continue';
  switch (call.kind) {
    case 'bake':
      return isGoing ? 'nothing: the traffic goes on by itself' : 'to stop it, and to bring back what ran before';
    case 'ecs-hook':
      return isGoing ? 'SUCCEEDED' : 'FAILED';
    case 'codedeploy-hook':
    case 'codepipeline-job':
      return isGoing ? 'Succeeded' : 'Failed';
  }
};

const readRun = (items: StoredGate['items']): (RunRecord & { readonly isRecorded: boolean }) | undefined => {
  const record = items.find(({ sk }) => sk === 'RECORD');
  const run = items.find(({ sk }) => sk === 'RUN');
  try {
    if (record !== undefined) {
      return { ...runRecordItem.parse(record.body), isRecorded: true };
    }
    return run === undefined ? undefined : { run: runItem.parse(run.body).run, votes: [], isRecorded: false };
  } catch {
    return undefined;
  }
};
