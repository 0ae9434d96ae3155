import type { Row } from './row.ts';

/** What may mislead a comparison of the new version with the old one. */
export const COMPARE_ROWS: readonly Row[] = [
  {
    row: 'F65',
    what: 'A comparison is looked at again and again until a look by chance says that the new version is worse.',
    outcome: 'All looks together roll back no more of what is as good than is stated.',
    guard: 'The level is divided among the looks.',
    file: 'shared/validation/compare/compare.ts',
    takeOut: { from: '(1 - confidence) / looks', to: '1 - confidence' },
  },
  {
    row: 'F66',
    what: 'The old version had no error at all, and the new one has some.',
    outcome: 'The check fails as soon as there are enough of them: nothing before is nothing to hide behind.',
    guard: 'The span of the difference is judged, whatever the old side was.',
    file: 'shared/validation/compare/compare.ts',
    takeOut: { from: 'worseBy.lo > tolerated ?', to: 'old > 0 && worseBy.lo > tolerated ?' },
  },
  {
    row: 'F67',
    what: 'One of a hundred requests fails, where one of a thousand used to.',
    outcome: 'The comparison stays open: such bad luck is soon come by.',
    guard: 'What was counted has to be unlikely enough by itself.',
    file: 'shared/validation/compare/compare.ts',
    takeOut: { from: 'likelihoodOf(compared, now, standard) > tail', to: 'likelihoodOf(compared, now, standard) > 1' },
  },
  {
    row: 'F68',
    what: 'The new version, or what it is held against, has had next to no traffic.',
    outcome: 'There is no data, which is never a pass unless the owner allows it.',
    guard: 'Both sides have to have had enough.',
    file: 'shared/probe/compare-probe.ts',
    takeOut: {
      from: "(data.kind === 'counts' ? data.counts.all : data.values.length) >= minSamples",
      to: "(data.kind === 'counts' ? data.counts.all : data.values.length) >= 0 * minSamples",
    },
  },
];
