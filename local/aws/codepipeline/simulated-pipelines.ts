import type { JsonRecord } from '../../json.ts';
import { runClockwork } from '../clockwork.ts';
import type { Clock } from '../clockwork.ts';
import type { ApprovalMessage } from './approval-message.ts';
import type { JobCall } from './job.ts';
import type { SimulatedPipeline } from './pipeline.ts';
import { idlePipeline, nextDue } from './pipeline-state.ts';
import type { PipelineState } from './pipeline-state.ts';
import { step } from './step.ts';
import type { Command, Reply, Step } from './step.ts';

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

/**
 * Runs pipelines by whatever clock `now` and `after` go by; `after` returns what takes it back. `callFunction` invokes a function
 * asynchronously, and returns whether there is such a function.
 */
export const runPipelines = (
  options: Clock & {
    readonly pipelines: readonly SimulatedPipeline[];
    readonly newId: () => string;
    readonly onEvent: (event: JsonRecord) => void;
    readonly onApprovalNeeded: (message: ApprovalMessage) => void;
    readonly callFunction: (call: JobCall) => boolean;
  },
): SimulatedPipelines => {
  const { newId, onEvent, onApprovalNeeded, callFunction, ...clock } = options;
  const clockwork = runClockwork<PipelineState, Command, Step>({
    clock,
    start: new Map(options.pipelines.map((each) => [each.declaration.name, idlePipeline(each)])),
    step: (before, command, now) => step(before, command, now, newId),
    nextDue,
    onStep: (name, { events, notifications, calls }) => {
      events.forEach(onEvent);
      notifications.forEach(onApprovalNeeded);
      for (const call of clockwork.hasStopped() ? [] : calls) {
        if (!callFunction(call)) {
          clockwork.tell(name, { kind: 'no-function', job: call.job });
        }
      }
    },
  });

  const command: SimulatedPipelines['command'] = (name, asked) =>
    clockwork.tell(name, asked)?.reply ?? {
      kind: 'refused',
      code: 'PipelineNotFoundException',
      message: `There is no pipeline ${name}.`,
    };

  return {
    states: clockwork.states,
    stateOf: clockwork.stateOf,
    command,
    start: (name, { by = 'arn:aws:iam::000000000000:user/local', push = false } = {}) => {
      const reply = command(name, { kind: 'start', by, push });
      if (reply.kind === 'refused' || reply.execution === undefined) {
        throw new Error(reply.kind === 'refused' ? `${reply.code}: ${reply.message}` : `${name} did not start.`);
      }
      return reply.execution;
    },
    fail: (name, stage, action, times = 1) => {
      const takesMs = clockwork.stateOf(name)?.pipeline.behaviours.get(`${stage}/${action}`)?.takesMs ?? 0;
      command(name, { kind: 'behave', stage, action, behaviour: { takesMs, failures: times } });
    },
    stop: clockwork.stop,
  };
};
