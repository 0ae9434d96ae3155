import type { Row } from './row.ts';

/** What may go wrong between ECS, which calls its hook again and again, and the verdict that it is answered. */
export const ECS_ROWS: readonly Row[] = [
  {
    row: 'F74',
    what: 'ECS calls a hook again that has had its verdict, for the answer was lost.',
    outcome: 'It is answered the same again, and nothing is tested again.',
    guard: 'The verdict is on record as told, and by which call, before it is answered.',
    file: 'functions/validate/ecs-door.ts',
    takeOut: {
      from: 'const isRepeated = asked.executionId === call.executionId || isUnheard;',
      to: 'const isRepeated = isUnheard;',
    },
  },
  {
    row: 'F75',
    what: 'ECS calls a hook at the next step of the traffic, and the call looks like that of the step before.',
    outcome: 'Each step is answered by tests of its own, and by no verdict of another step.',
    guard: 'Where the traffic is by now, as ECS says it of the deployment, is held against where it was.',
    file: 'functions/validate/ecs-door.ts',
    takeOut: {
      from: 'return mayGoOn && (!isRepeated || asked.weights !== standingOf(call, found.hooked));',
      to: 'return mayGoOn && !isRepeated;',
    },
  },
  {
    row: 'F76',
    what: 'ECS calls a hook while it takes the traffic back.',
    outcome: 'It is let go on at once, and nothing is tested: what brings back the version before is never held up.',
    guard: 'A shift that leaves the new version nothing is one back, whatever else is known.',
    file: 'functions/validate/ecs-door.ts',
    takeOut: {
      from: 'const isRollback = goesBack || hooked?.isRollback === true;',
      to: 'const isRollback = !goesBack && hooked?.isRollback === true;',
    },
  },
  {
    row: 'F77',
    what: 'The table or ECS does not answer while a hook is called, which has ECS roll back where the function throws.',
    outcome:
      'ECS is asked to call again. Once no call has got through for a quarter of an hour the hook fails, with a reason and an alarm.',
    guard: 'Whatever is thrown is an answer, and since when it is thrown goes from call to call.',
    file: 'functions/validate/ecs-door.ts',
    takeOut: {
      from: 'if (now - failingSince < (goesBack ? MOST_TROUBLE_BACK_MS : MOST_TROUBLE_MS)) {',
      to: 'if (now - failingSince < 0 * (goesBack ? MOST_TROUBLE_BACK_MS : MOST_TROUBLE_MS)) {',
    },
  },
];
