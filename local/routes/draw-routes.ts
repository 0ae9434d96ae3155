import type { Config, Destination } from '../../shared/config/config.ts';
import { accountNickname, regionNickname } from '../../shared/config/nickname.ts';
import type { ChangeFacts } from '../../shared/routing/change-facts.ts';
import type { ExplainedRoute } from '../../shared/routing/explain-routes.ts';
import { span, written } from '../terminal/styled-text.ts';
import type { Span } from '../terminal/styled-text.ts';
import type { ExplainedEvent } from './explain-events.ts';

/** Draws, event by event, which routes match and why the others do not. */
export const drawRoutes = (events: readonly ExplainedEvent[], config: Config, colours: boolean): string =>
  events
    .map((event) => [[span(`${event.path} [${event.index}]`, 'dim')], ...linesOf(event, config)])
    .map((lines) => lines.map((spans) => written(spans, colours)).join('\n'))
    .join('\n\n');

const linesOf = (event: ExplainedEvent, config: Config): readonly (readonly Span[])[] => {
  switch (event.outcome) {
    case 'ignored':
    case 'quarantined':
      return [[span(`is ${event.outcome}: ${event.reason}`)]];
    case 'routed': {
      const widest = Math.max(0, ...event.routes.map(({ route }) => route.length));
      return [
        [span(title(event.change, config), 'bold')],
        ...event.routes.flatMap((route) => routeLines(route, widest, config)),
        ...(event.routes.some(({ answer }) => answer === 'matches') ? [] : [[span('  Nobody hears of it.')]]),
      ];
    }
  }
};

const title = ({ part, source, state, account, region, ...names }: ChangeFacts, config: Config): string => {
  const { pipeline, application, group, stage, action } = names;
  const what = { source, pipeline, application, group, stage, action };
  const parts = Object.entries(what).flatMap(([name, value]) =>
    value === undefined ? [] : [name === 'source' ? value : `${name} ${value}`],
  );
  const places = [called(account, accountNickname(config, account)), called(region, regionNickname(config, region))];
  return `${part} ${state}: ${[...parts, ...places].join(', ')}`;
};

const called = (id: string, nickname: string | undefined): string =>
  nickname === undefined ? id : `${id} (${nickname})`;

const routeLines = (route: ExplainedRoute, widest: number, config: Config): readonly (readonly Span[])[] => {
  const name = route.route.padEnd(widest);
  switch (route.answer) {
    case 'matches': {
      const to = route.to.map((one) => destinationName(one, config)).join(', ');
      return [[span(`  ✓ ${name}  to ${to}${route.stops ? '; stop' : ''}`)]];
    }
    case 'differs':
      return route.reasons.map(({ says }, index) => [
        span(`  ${index === 0 ? `✗ ${name}` : ' '.repeat(2 + widest)}  ${says}`, 'dim'),
      ]);
    case 'not-asked':
      return [[span(`  · ${name}  ${route.says}`, 'dim')]];
  }
};

const destinationName = (to: Destination, { slack }: Config): string => {
  switch (to.kind) {
    case 'slack':
      return `#${Object.entries(slack.channels).find(([, id]) => id === to.channel)?.[0] ?? to.channel}`;
    case 'sns':
      return `topic ${to.topic}`;
  }
};
