import { judge } from './alarm.ts';
import type { Alarm, AlarmDefinition, AlarmState, AlarmValue } from './alarm.ts';
import type { Datum, MetricName, Metrics } from './metrics.ts';

/** The alarms of the account, judged by a clock. */
export type SimulatedAlarms = {
  readonly all: () => readonly Alarm[];
  /** Makes an alarm, or another one of it. */
  readonly define: (definition: AlarmDefinition) => void;
  /** Says what an alarm is until there are new data of its metric; false: there is no such alarm. */
  readonly set: (name: string, value: AlarmValue, reason: string) => boolean;
  /** Takes data in. As long as there are some that an alarm looks at, it is judged every now and then. */
  readonly put: (metric: MetricName, datum: Datum) => void;
  readonly stop: () => void;
};

/** How often alarms are judged while data come in, by a clock that has not been sped up, and the most often. */
const EVERY_MS = 10_000;
const LEAST_MS = 100;

/**
 * Judges alarms as data come in, and for some time after: an idle stack has no timer. By a clock that goes `speed` times as
 * fast, periods are that much shorter.
 */
export const runAlarms = (options: {
  readonly alarms: readonly AlarmDefinition[];
  readonly metrics: Metrics;
  readonly speed: number;
  readonly now: () => number;
  readonly after: (ms: number, work: () => void) => () => void;
  readonly onChange: (alarm: Alarm, previous: AlarmState) => void;
}): SimulatedAlarms => {
  const { metrics, speed, now, after, onChange } = options;
  const alarms = new Map<string, Alarm>();
  /** Since when an alarm is what somebody said, in epoch milliseconds. */
  const saidAt = new Map<string, number>();
  let cancel: (() => void) | undefined;
  let watchUntil = 0;
  let hasStopped = false;

  const change = ({ definition, state: previous }: Alarm, next: Pick<AlarmState, 'value' | 'reason'>): void => {
    if (next.value === previous.value) {
      return;
    }
    const alarm = { definition, state: { ...next, at: now() } };
    alarms.set(definition.name, alarm);
    onChange(alarm, previous);
  };

  const define = (definition: AlarmDefinition): void => {
    const known = alarms.get(definition.name);
    const state = known?.state ?? {
      value: 'INSUFFICIENT_DATA',
      reason: 'Unchecked: Initial alarm creation',
      at: now(),
    };
    alarms.set(definition.name, { definition, state });
  };

  const look = (): void => {
    for (const alarm of [...alarms.values()]) {
      const { name, metric } = alarm.definition;
      const said = saidAt.get(name);
      if (said !== undefined && metrics.between(metric, said, now() + 1).length === 0) {
        continue;
      }
      saidAt.delete(name);
      const next = judge(alarm.definition, metrics, now(), speed);
      if (next !== undefined) {
        change(alarm, next);
      }
    }
  };

  const watch = (): void => {
    if (cancel === undefined && !hasStopped && now() < watchUntil) {
      cancel = after(Math.max(EVERY_MS / speed, LEAST_MS), () => {
        cancel = undefined;
        look();
        watch();
      });
    }
  };

  const watchFor = (seconds: number): void => {
    watchUntil = Math.max(watchUntil, now() + (seconds * 1000) / speed + 2 * Math.max(EVERY_MS / speed, LEAST_MS));
    watch();
  };

  for (const definition of options.alarms) {
    define(definition);
    const alarm = alarms.get(definition.name);
    // They have been there for long: nobody hears of what they are.
    const judged = judge(definition, metrics, now(), speed);
    if (alarm !== undefined && judged !== undefined) {
      alarms.set(definition.name, { definition, state: { ...judged, at: now() } });
    }
  }
  return {
    all: () => [...alarms.values()],
    define: (definition) => {
      define(definition);
      watchFor(0);
    },
    set: (name, value, reason) => {
      const alarm = alarms.get(name);
      if (alarm !== undefined) {
        saidAt.set(name, now());
        change(alarm, { value, reason });
      }
      return alarm !== undefined;
    },
    put: (metric, datum) => {
      metrics.put(metric, datum);
      const spans = [...alarms.values()].map(
        ({ definition }) => (definition.evaluationPeriods + 1) * definition.periodSeconds,
      );
      // Until after the last period that has the data in it.
      if (spans.length > 0) {
        watchFor(Math.max(...spans));
      }
    },
    stop: () => {
      hasStopped = true;
      cancel?.();
    },
  };
};
