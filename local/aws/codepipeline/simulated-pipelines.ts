import type { JsonRecord } from '../../json.ts';
import type { ApprovalMessage } from './approval-message.ts';
import type { JobCall } from './job.ts';
import type { SimulatedPipeline } from './pipeline.ts';
import { idlePipeline, nextDue } from './pipeline-state.ts';
import type { PipelineState } from './pipeline-state.ts';
import { step } from './step.ts';
import type { Command, Reply } from './step.ts';

/** Pipelines that run by a clock. */
export type SimulatedPipelines = {
  /** All of them, as they are now. */
  readonly states: () => readonly PipelineState[];
  readonly stateOf: (name: string) => PipelineState | undefined;
  readonly command: (name: string, command: Command) => Reply;
  /** Starts an execution as StartPipelineExecution does, and returns its id. Throws when AWS would refuse. */
  readonly start: (name: string, options?: { readonly by?: string; readonly push?: boolean }) => string;
  /** Has the next runs of an action fail: one of them, or as many as told. */
  readonly fail: (name: string, stage: string, action: string, times?: number) => void;
  /** Nothing goes on by itself any more. */
  readonly stop: () => void;
};

/** Neither timers nor Node's counters go further. */
const MOST_MS = 2_147_483_647;

/**
 * Runs pipelines by whatever clock `now` and `after` go by; `after` returns what takes it back. `callFunction` invokes a function
 * asynchronously, and returns whether there is such a function.
 */
export const runPipelines = (options: {
  readonly pipelines: readonly SimulatedPipeline[];
  readonly now: () => number;
  readonly after: (ms: number, work: () => void) => () => void;
  readonly newId: () => string;
  readonly onEvent: (event: JsonRecord) => void;
  readonly onApprovalNeeded: (message: ApprovalMessage) => void;
  readonly callFunction: (call: JobCall) => boolean;
}): SimulatedPipelines => {
  const { now, after, newId, onEvent, onApprovalNeeded, callFunction } = options;
  const states = new Map(options.pipelines.map((each) => [each.declaration.name, idlePipeline(each)]));
  const cancels = new Map<string, () => void>();
  let hasStopped = false;

  const command: SimulatedPipelines['command'] = (name, asked) => {
    const before = states.get(name);
    if (before === undefined) {
      return { kind: 'refused', code: 'PipelineNotFoundException', message: `There is no pipeline ${name}.` };
    }
    const { state, reply, events, notifications, calls } = step(before, asked, now(), newId);
    states.set(name, state);
    goOnLater(name, state);
    events.forEach(onEvent);
    notifications.forEach(onApprovalNeeded);
    for (const call of hasStopped ? [] : calls) {
      if (!callFunction(call)) {
        command(name, { kind: 'no-function', job: call.job });
      }
    }
    return reply;
  };

  const goOnLater = (name: string, state: PipelineState): void => {
    cancels.get(name)?.();
    cancels.delete(name);
    const due = nextDue(state);
    if (due !== undefined && Number.isFinite(due) && !hasStopped) {
      const cancel = after(Math.min(Math.max(0, due - now()), MOST_MS), () => command(name, { kind: 'wait' }));
      cancels.set(name, cancel);
    }
  };

  return {
    states: () => [...states.values()],
    stateOf: (name) => states.get(name),
    command,
    start: (name, { by = 'arn:aws:iam::000000000000:user/local', push = false } = {}) => {
      const reply = command(name, { kind: 'start', by, push });
      if (reply.kind === 'refused' || reply.execution === undefined) {
        throw new Error(reply.kind === 'refused' ? `${reply.code}: ${reply.message}` : `${name} did not start.`);
      }
      return reply.execution;
    },
    fail: (name, stage, action, times = 1) => {
      const takesMs = states.get(name)?.pipeline.behaviours.get(`${stage}/${action}`)?.takesMs ?? 0;
      command(name, { kind: 'behave', stage, action, behaviour: { takesMs, failures: times } });
    },
    stop: () => {
      hasStopped = true;
      cancels.forEach((cancel) => {
        cancel();
      });
      cancels.clear();
    },
  };
};
