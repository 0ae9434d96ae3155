import type { Chance } from '../../local/virtual/chance.ts';
import type { Kernel } from '../../local/virtual/kernel.ts';
import { LATENCY_MS } from '../../local/virtual/network.ts';
import type { Call, Network } from '../../local/virtual/network.ts';

/** How often something goes wrong, of each call. */
export type Losses = {
  /** The function ends at the call, which takes effect half the time. */
  readonly crash: number;
  /** The call takes effect and its answer is lost: the SDK asks again, a call of Slack has failed for all that is known. */
  readonly lostAnswer: number;
  /** DynamoDB does nothing and says so, after all that the SDK tries. */
  readonly tableFault: number;
};

/** How long the Slack client waits. */
const GIVE_UP_MS = 5_000;

/** A network on which calls go wrong evenly, at the rates that a load names. */
export const createLossyNetwork = ({ clock }: Kernel, chance: Chance, losses: Losses): Network => {
  const leg = ({ service }: Call): Promise<void> => clock.sleep(LATENCY_MS[service] * (0.25 + chance.random() / 2));
  const carry = async <Value>(call: Call, effect: () => Value): Promise<Value> => {
    if (chance.happens(losses.crash)) {
      call.by.die();
      if (chance.happens(0.5)) {
        await leg(call);
        effect();
      }
      return new Promise<never>(() => undefined);
    }
    await leg(call);
    const value = effect();
    await leg(call);
    return value;
  };
  return {
    aws: async (call, effect) => {
      if (call.service === 'dynamodb' && chance.happens(losses.tableFault)) {
        await leg(call);
        throw new Error('ThrottlingException');
      }
      if (chance.happens(losses.lostAnswer)) {
        await carry(call, effect);
      }
      return carry(call, effect);
    },
    slack: async (call, effect) => {
      const reply = await carry(call, effect);
      if (!chance.happens(losses.lostAnswer)) {
        return reply;
      }
      await clock.sleep(GIVE_UP_MS);
      return { ok: false, failure: { kind: 'transient', error: 'TimeoutError', ambiguous: true } };
    },
  };
};
