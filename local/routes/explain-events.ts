import type { Config } from '../../shared/config/config.ts';
import { parseEventText } from '../../shared/rollout/parse-event.ts';
import { factsOf } from '../../shared/routing/change-facts.ts';
import type { ChangeFacts } from '../../shared/routing/change-facts.ts';
import { explainRoutes } from '../../shared/routing/explain-routes.ts';
import type { ExplainedRoute } from '../../shared/routing/explain-routes.ts';
import type { RecordedEvent } from '../replay/read-recorded-events.ts';

/** What the routes say to a recorded event, or why it never comes to them. */
export type ExplainedEvent = { readonly path: string; readonly index: number } & (
  | { readonly outcome: 'routed'; readonly change: ChangeFacts; readonly routes: readonly ExplainedRoute[] }
  | { readonly outcome: 'ignored' | 'quarantined'; readonly reason: string }
);

/** Asks the routes of a `gatehouse.yml` about each event. */
export const explainEvents = (events: readonly RecordedEvent[], { routes }: Config): readonly ExplainedEvent[] =>
  events.map(({ path, index, text }) => {
    const parsed = parseEventText(text);
    switch (parsed.kind) {
      case 'change':
        return {
          path,
          index,
          outcome: 'routed',
          change: factsOf(parsed.change),
          routes: explainRoutes(parsed.change, routes),
        };
      case 'approval':
        return { path, index, outcome: 'ignored', reason: 'an approval’s own message: gates hear of it, not routes' };
      case 'ignored':
      case 'quarantined':
        return { path, index, outcome: parsed.kind, reason: parsed.reason };
    }
  });
