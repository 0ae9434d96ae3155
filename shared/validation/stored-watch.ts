import * as v from 'valibot';
import { StoredDeployment } from '../rollout/stored-id.ts';
import type { ItemKind } from '../store/change-item.ts';
import type { Watch } from './watch.ts';

/** A watch as it is kept. */
export type StoredWatch = {
  readonly watch: Watch;
  /** Epoch milliseconds from when the sweep has it looked at; none once it is over. */
  readonly dueAt?: number;
  /** Epoch milliseconds: when the message that has it looked at arrives. */
  readonly lookAt?: number;
  /** Who has sent it: two may look at the same moment, and only one of them goes on. */
  readonly lookBy?: string;
};

const number = v.exactOptional(v.number());

const Stored = v.object({
  watch: v.object({
    rollout: StoredDeployment,
    startedAt: v.number(),
    of: number,
    steps: v.array(v.object({ weight: v.number(), run: v.string(), stage: v.picklist(['new', 'begun', 'over']) })),
    end: v.exactOptional(v.object({ says: v.string(), at: v.number() })),
  }),
  dueAt: number,
  lookAt: number,
  lookBy: v.exactOptional(v.string()),
});

/** Due among the runs: the sweep finds both by one question. */
export const watchItem: ItemKind<StoredWatch> = {
  parse: (body) => v.parse(Stored, body),
  due: ({ dueAt }) => (dueAt === undefined ? undefined : { kind: 'run', at: dueAt }),
};
