import type { ApprovalPoint, Ending, Gate, GatePoint, PausePoint, ReadyPoint, RunPoint, Verdict } from './gate.ts';

/** What the platform says of a point right now. */
export type Seen =
  /**
   * `token` is missing where there is none, and as long as the platform does not show it; `newer`: an execution that waits
   * behind this one; `checks`: of a run of validation what its checks have come to, by their names.
   */
  | {
      readonly kind: 'pending';
      readonly token?: string;
      readonly newer?: string;
      readonly checks?: ReadonlyMap<string, string>;
    }
  | { readonly kind: 'ended'; readonly ending: Ending }
  /** Not shown, though it was told of: AWS's answers lag behind its events. */
  | { readonly kind: 'unseen' };

/** What is on record of a gate; its token is there when the point's own message told it. */
export type Known = Partial<Pick<Gate, 'token' | 'openedAt' | 'expiresAt'>>;

/** What people want to know before they decide. */
export type Described = Partial<Pick<Gate, 'shown' | 'expiresAt' | 'request'>>;

/** The service at whose gate a rollout waits. Calls reject when they fail; what is refused for good is a value. */
export type Platform<Point extends GatePoint = GatePoint> = {
  readonly look: (point: Point, known: Known) => Promise<Seen>;
  /** Decides the point, by its token where it has one. `over`: somebody has, or it is not waiting any more. */
  readonly decide: (
    point: Point,
    token: string | undefined,
    verdict: Verdict,
    summary: string,
  ) => Promise<'done' | 'over'>;
  readonly describe: (point: Point, known: Known) => Promise<Described>;
};

/** The service of each kind of point; a function has it loaded by the first point of that kind. */
type Platforms = {
  readonly approvals: () => Promise<Platform<ApprovalPoint>>;
  readonly deployments: Platform<ReadyPoint>;
  readonly hooks: Platform<PausePoint>;
  readonly runs: () => Promise<Platform<RunPoint>>;
};

/** Asks, of each point, the service that it is of. */
export const platformOf = ({ approvals, deployments, hooks, runs }: Platforms): Platform => {
  const at = async (point: GatePoint): Promise<AtPoint> => {
    switch (point.kind) {
      case 'pipeline-approval':
        return bound(await approvals(), point);
      case 'deployment-ready':
        return bound(deployments, point);
      case 'ecs-pause':
        return bound(hooks, point);
      case 'validation':
        return bound(await runs(), point);
    }
  };
  return {
    look: async (point, known) => (await at(point)).look(known),
    decide: async (point, token, verdict, summary) => (await at(point)).decide(token, verdict, summary),
    describe: async (point, known) => (await at(point)).describe(known),
  };
};

type AtPoint = {
  readonly look: (known: Known) => Promise<Seen>;
  readonly decide: (token: string | undefined, verdict: Verdict, summary: string) => Promise<'done' | 'over'>;
  readonly describe: (known: Known) => Promise<Described>;
};

const bound = <Point extends GatePoint>(platform: Platform<Point>, point: Point): AtPoint => ({
  look: (known) => platform.look(point, known),
  decide: (token, verdict, summary) => platform.decide(point, token, verdict, summary),
  describe: (known) => platform.describe(point, known),
});
