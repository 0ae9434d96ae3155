import * as v from 'valibot';

/** A call of a Lambda hook, as ECS tells of it: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html */
export type EcsHookCall = {
  /** Whether it stays the same when ECS calls again is written nowhere. */
  readonly executionId: string;
  readonly stage: string;
  readonly deploymentArn: string;
  /** The service revision that is deployed. */
  readonly target?: string;
  /** Percent by the service revision that has it, or gets it; of most stages ECS says nothing. */
  readonly test: Weights;
  readonly production: Weights;
  /** What the call before has handed over; not to be trusted, for whoever configures the hook may write it. */
  readonly carried?: Carried;
};

export type Weights = Readonly<Record<string, number>>;

/** What is handed from one call of a hook to the next by ECS itself. */
export type Carried = {
  /** The step that it is about: of another it means nothing. */
  readonly step: string;
  /** The run that answers the step, as far as it is known. */
  readonly run?: string;
  /** Epoch milliseconds since when no call got through to its run; 0: the last one did. */
  readonly failingSince: number;
};

/** What ECS is answered. Anything else, or nothing, has it roll back. */
export type EcsHookAnswer =
  | { readonly hookStatus: 'SUCCEEDED' | 'FAILED' }
  | {
      readonly hookStatus: 'IN_PROGRESS';
      /** Seconds until it calls again. */
      readonly callBackDelay: number;
      /** ECS adds it to what the service says, and hands it to the next call. */
      readonly hookDetails: { readonly gatehouse: Carried };
    };

const text = (most: number) => v.pipe(v.string(), v.nonEmpty(), v.maxLength(most));

const MOST_REVISIONS = 20;

const Weights = v.fallback(
  v.optional(
    v.pipe(
      v.record(text(500), v.number()),
      v.check((weights) => Object.keys(weights).length <= MOST_REVISIONS),
    ),
    {},
  ),
  {},
);

const Details = v.object({
  targetServiceRevisionArn: v.fallback(v.optional(text(500)), undefined),
  testTrafficWeights: Weights,
  productionTrafficWeights: Weights,
});

const Carried = v.object({
  gatehouse: v.object({ step: text(100), run: v.exactOptional(text(100)), failingSince: v.number() }),
});

const Call = v.object({
  executionId: text(200),
  lifecycleStage: text(100),
  resourceArn: text(500),
  hookDetails: v.fallback(v.optional(Carried), undefined),
});

const Nested = v.object({ executionDetails: Details });

/** Reads a call, with its details in `executionDetails` or beside it, as AWS has said both; undefined where it cannot be used. */
export const parseEcsHook = (event: unknown): EcsHookCall | undefined => {
  const call = v.safeParse(Call, event);
  if (!call.success) {
    return undefined;
  }
  const nested = v.safeParse(Nested, event);
  const { targetServiceRevisionArn, testTrafficWeights, productionTrafficWeights } = nested.success
    ? nested.output.executionDetails
    : v.parse(Details, event);
  const { executionId, lifecycleStage, resourceArn, hookDetails } = call.output;
  return {
    executionId,
    stage: lifecycleStage,
    deploymentArn: resourceArn,
    ...(targetServiceRevisionArn !== undefined && { target: targetServiceRevisionArn }),
    test: testTrafficWeights,
    production: productionTrafficWeights,
    ...(hookDetails !== undefined && { carried: hookDetails.gatehouse }),
  };
};

/** What tells the steps of a stage apart: who has how much of which traffic. Empty where ECS does not say. */
export const weightsOf = ({ test, production }: Pick<EcsHookCall, 'test' | 'production'>): string =>
  [
    { of: 'test', weights: test },
    { of: 'production', weights: production },
  ]
    .flatMap(({ of, weights }) => {
      const shares = Object.entries(weights)
        .map(([arn, weight]) => `${arn.split('/').at(-1) ?? ''}=${weight}`)
        .sort();
      return shares.length === 0 ? [] : [`${of} ${shares.join(' ')}`];
    })
    .join(', ');

/**
 * Whether a call takes traffic back. ECS calls the hooks of both stages that move traffic again when it rolls back, for the
 * same target: this has nothing then, and another revision all. Such a shift brings nothing new to anybody, whyever it is
 * made. At other stages the same weights are those of a deployment that has not begun to move any.
 */
export const takesTrafficBack = ({ stage, target, test, production }: EcsHookCall): boolean => {
  const weights = stage === 'TEST_TRAFFIC_SHIFT' ? test : stage === 'PRODUCTION_TRAFFIC_SHIFT' ? production : {};
  return (
    target !== undefined &&
    weights[target] === 0 &&
    Object.entries(weights).some(([arn, weight]) => arn !== target && weight === 100)
  );
};
