import type { Ending, Gate, GatePoint, Verdict } from './gate.ts';

/** What the platform says of a point right now. */
export type Seen =
  /** `token` is missing as long as the platform does not show it; `newer`: an execution that waits behind this one. */
  | { readonly kind: 'pending'; readonly token: string | undefined; readonly newer?: string }
  | { readonly kind: 'ended'; readonly ending: Ending }
  /** Not shown, though it was told of: AWS's answers lag behind its events. */
  | { readonly kind: 'unseen' };

/** What people want to know before they decide. */
export type Described = Partial<Pick<Gate, 'shown' | 'expiresAt' | 'request'>>;

/** The service at whose gate a rollout waits. Calls reject when they fail; what is refused for good is a value. */
export type Platform = {
  /** `known`: the token as the point's own message told it. */
  readonly look: (point: GatePoint, known: string | undefined) => Promise<Seen>;
  /** Decides the point that the token is of. `over`: somebody has, or it is not waiting any more. */
  readonly decide: (point: GatePoint, token: string, verdict: Verdict, summary: string) => Promise<'done' | 'over'>;
  readonly describe: (point: GatePoint) => Promise<Described>;
};
