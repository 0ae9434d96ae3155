import type { GatePolicy } from '../config/config.ts';
import type { GateNote } from '../delivery/note.ts';
import { isOver } from './gate.ts';
import type { Gate } from './gate.ts';

/** What is said in the thread of a gate's message, each under the key by which it is said once. */
export const gateNotes = (
  gate: Gate,
  policy: Pick<GatePolicy, 'mention'> | undefined,
): readonly { readonly key: string; readonly note: GateNote }[] => [
  ...gate.clicks
    .filter(({ outcome }) => outcome === 'counted')
    .map(({ key, user }) => ({ key: `vote ${user} ${key}`, note: { kind: 'vote', click: key } as const })),
  // Of several that came due at once, the last is enough.
  ...(gate.reminded === 0
    ? []
    : [
        {
          key: `reminder ${gate.reminded}`,
          note: { kind: 'reminder', mentions: policy?.mention ?? [] } as const,
        },
      ]),
  ...(isOver(gate) ? [{ key: 'outcome', note: { kind: 'outcome' } as const }] : []),
];
