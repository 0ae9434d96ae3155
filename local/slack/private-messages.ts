import { randomBytes } from 'node:crypto';
import type { JsonRecord } from '../json.ts';

/** A message that one person sees, until the next reload. */
export type Ephemeral = {
  readonly ts: string;
  readonly channel: string;
  readonly user: string;
  readonly message: JsonRecord;
};

export type Ephemerals = {
  /** Returns the message's ts. */
  readonly add: (channel: string, user: string, message: JsonRecord) => string;
  readonly replace: (ts: string, message: JsonRecord) => void;
  readonly remove: (ts: string) => void;
  /** In the order of their coming. */
  readonly of: (user: string) => readonly Ephemeral[];
};

/** The ephemeral messages of a workspace. `now` is in epoch milliseconds. */
export const createEphemerals = (now: () => number): Ephemerals => {
  const shown = new Map<string, Ephemeral>();
  let count = 0;
  return {
    add: (channel, user, message) => {
      count += 1;
      const ts = `${Math.floor(now() / 1000)}.9${String(count).padStart(5, '0')}`;
      shown.set(ts, { ts, channel, user, message });
      return ts;
    },
    replace: (ts, message) => {
      const old = shown.get(ts);
      if (old !== undefined) {
        shown.set(ts, { ...old, message });
      }
    },
    remove: (ts) => {
      shown.delete(ts);
    },
    of: (user) => [...shown.values()].filter((each) => each.user === user),
  };
};

/** What was clicked: who, and in which message. */
export type Clicked = { readonly user: string; readonly channel: string; readonly ts: string };

/** The addresses that let an app answer a click: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses */
export type ResponseAddresses = {
  /** A path of its own for this click. */
  readonly issue: (clicked: Clicked) => string;
  /** Takes one of the uses that are left; otherwise Slack's word for why not. */
  readonly use: (path: string) => Clicked | string;
};

const USES = 5;
const LIFE_MS = 30 * 60_000;

export const createResponseAddresses = (team: string, now: () => number): ResponseAddresses => {
  const addresses = new Map<string, { readonly clicked: Clicked; readonly until: number; uses: number }>();
  return {
    issue: (clicked) => {
      const path = `/actions/${team}/${now()}/${randomBytes(18).toString('base64url')}`;
      addresses.set(path, { clicked, until: now() + LIFE_MS, uses: 0 });
      return path;
    },
    use: (path) => {
      const address = addresses.get(path);
      if (address === undefined) {
        return 'invalid_url';
      }
      if (now() >= address.until) {
        return 'expired_url';
      }
      if (address.uses >= USES) {
        return 'used_url';
      }
      address.uses += 1;
      return address.clicked;
    },
  };
};
