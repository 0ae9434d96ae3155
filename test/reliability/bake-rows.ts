import type { Row } from './row.ts';

/** What may go wrong while traffic is watched that moves without a hook. */
export const BAKE_ROWS: readonly Row[] = [
  {
    row: 'F78',
    what: 'The event of a deployment’s begin is lost, and its traffic is to be watched.',
    outcome:
      'The hook BeforeAllowTraffic says it again, if Gatehouse is called there; otherwise the deployment is not watched, as docs/doors/bake.md says.',
    guard: 'A run of that hook has the watch begin.',
    file: 'functions/validate/validate.ts',
    takeOut: { from: "hook !== 'BeforeAllowTraffic'", to: "hook !== 'AfterAllowTraffic'" },
  },
  {
    row: 'F79',
    what: 'A message that has a watch looked at is lost, or whoever looks is killed.',
    outcome: 'The sweep has it looked at again, and what was not marked as done is done.',
    guard: 'A watch is due among the runs until it is over.',
    file: 'shared/validation/stored-watch.ts',
    takeOut: { from: "{ kind: 'run', at: dueAt }", to: "{ kind: 'gate', at: dueAt }" },
  },
  {
    row: 'F80',
    what: 'Messages that have a watch looked at come twice, and two look at the same moment.',
    outcome: 'Each step has one run, and only one of the two has it looked at again: copies come to an end.',
    guard: 'Whoever writes down when it is looked at next is who sends the message.',
    file: 'functions/validate/bake.ts',
    takeOut: { from: 'if (lookAt > now && lookBy !== by) {', to: "if (lookAt > now && lookBy === '') {" },
  },
  {
    row: 'F81',
    what: 'CodeDeploy has stopped a deployment, and its answer is lost.',
    outcome:
      'It is told again, says that the deployment has ended, and is asked how: where the version before comes back the verdict was told. Otherwise the run is moot, which raises an alarm.',
    guard: 'How a deployment has ended says whether it was stopped as it was to be.',
    file: 'shared/aws/hooked-deployments.ts',
    takeOut: { from: 'return stoppedAs(client, deploymentId);', to: "return { kind: 'refused', says: 'ended' };" },
  },
  {
    row: 'F82',
    what: 'What brings back the version before moves traffic, too.',
    outcome: 'A rollback is never watched: nothing may hold it up.',
    guard: 'CodeDeploy says what a deployment is made for.',
    file: 'shared/aws/watched-traffic.ts',
    takeOut: {
      from: 'rollbackOf(deployment)',
      to: 'rollbackOf({ ...deployment, creator: undefined, rollbackInfo: undefined })',
    },
  },
  {
    row: 'F83',
    what: 'CodeDeploy tells late what it told before: a weight that the traffic had at an earlier step.',
    outcome: 'It is no step: the weight of a watch only grows.',
    guard: 'A weight is news if it is greater than the last.',
    file: 'shared/validation/watch.ts',
    takeOut: { from: 'weight > (watch.steps.at(-1)?.weight ?? 0)', to: 'weight !== (watch.steps.at(-1)?.weight ?? 0)' },
  },
];
