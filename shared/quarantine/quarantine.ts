import * as v from 'valibot';
import { redactStart } from '../redact.ts';
import type { ItemKind } from '../store/change-item.ts';

/** An input that could not be used: why, and enough of it to recognise it. */
export type Quarantined = { readonly reason: string; readonly excerpt: string; readonly bytes: number };

const StoredQuarantined = v.object({ reason: v.string(), excerpt: v.string(), bytes: v.number() });

export const quarantineItem: ItemKind<Quarantined> = { parse: (body) => v.parse(StoredQuarantined, body) };

const EXCERPT = 500;

export const quarantinedText = (text: string, reason: string): Quarantined => ({
  reason,
  excerpt: redactStart(text, EXCERPT).toWellFormed(),
  bytes: new TextEncoder().encode(text).length,
});
