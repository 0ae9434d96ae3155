import type { RichTextElement } from '@slack/types';
import type { RolloutId } from '../rollout/rollout.ts';
import type { GateMark, ValidationMark } from '../rollout/stored-rollout.ts';
import type { CheckSummary, RunSummary } from '../validation/run-summary.ts';
import { cleanText } from './clean-text.ts';
import { cutText } from './cut-text.ts';
import { bold, linkTo, section, text } from './rich-text.ts';
import type { RichTextPart } from './rich-text.ts';
import { shortName } from './rollout-name.ts';

const MOST_RUNS = 5;
const MOST_CHECKS = 10;
const MOST_LINKS = 3;

/** Draws how the validations at a rollout's hooks stand, the earliest first: each with its checks, and how it ended. */
export const validationParts = (
  source: RolloutId['source'],
  validations: Readonly<Record<string, ValidationMark>>,
  gates: readonly GateMark[],
): readonly RichTextPart[] => {
  const runs = Object.entries(validations).sort(([, a], [, b]) => a.since - b.since);
  const earlier = Math.max(0, runs.length - MOST_RUNS);
  return [
    ...(earlier === 0 ? [] : [section(text(`${earlier} earlier ${earlier === 1 ? 'validation' : 'validations'}`))]),
    ...runs
      .slice(earlier)
      .map(([id, { summary }], index, { length }) =>
        runPart(source, summary, askedBy(gates, id), index === length - 1),
      ),
  ];
};

/** Where people decide what a run asks: the newest that it has asked. */
const askedBy = (gates: readonly GateMark[], id: string): GateMark | undefined =>
  gates.filter(({ run, link }) => run === id && link !== undefined).sort((a, b) => b.at - a.at)[0];

/** Of those before the newest it is enough how they ended: a message has only so much room. */
const runPart = (
  source: RolloutId['source'],
  summary: RunSummary,
  asked: GateMark | undefined,
  isNewest: boolean,
): RichTextPart => {
  const { hook, suite, state, says, checks } = summary;
  const { emoji, label } = stateWords(source, state);
  const isOpen = state === 'running' || state === 'asking';
  const leading = isOpen ? linkTo(asked?.link, 'decide') : undefined;
  // What is said of a run that goes on can be seen of its checks.
  const said = state === 'rollback' ? `${source === 'codepipeline' ? 'Stopped' : 'Rolled back'}: ${says}` : says;
  const why = state === 'running' ? '' : cutText(cleanText(said), isNewest ? 300 : 120);
  const worthIt = state === 'continue' ? checks.filter(({ verdict }) => verdict !== 'pass') : checks;
  const shown = isNewest ? worthIt : [];
  return section(
    bold(`${emoji} Validation${hook === undefined ? '' : ` at ${hook}`} ${label}`),
    ...(suite === undefined ? [] : [text(` · ${shortName(suite)}`)]),
    ...(leading === undefined ? [] : [text(' · '), leading]),
    ...(why === '' ? [] : [text(`\n${why}`)]),
    ...shown.slice(0, MOST_CHECKS).flatMap((check, index) => checkParts(check, index < MOST_LINKS)),
    ...(shown.length > MOST_CHECKS ? [text(`\nand ${shown.length - MOST_CHECKS} more`)] : []),
  );
};

const checkParts = (check: CheckSummary, mayLead: boolean): readonly RichTextElement[] => {
  const { name, verdict, value, expected, says = '', advisory, taken, count, link } = check;
  const isGoing = verdict === 'running';
  const figures =
    value === undefined
      ? isGoing || verdict === 'pass'
        ? ''
        : cutText(cleanText(says), 100)
      : `${cutText(cleanText(value), 50)}${expected === undefined ? '' : `, expected ${cutText(cleanText(expected), 50)}`}`;
  const words = [
    shortName(name),
    ...(advisory ? ['(does not count)'] : []),
    CHECK_WORDS[verdict].label,
    ...(isGoing && count > 1 ? [`${taken} of ${count}`] : []),
  ].join(' ');
  const leading = mayLead ? linkTo(link, 'see') : undefined;
  return [
    text(`\n${CHECK_WORDS[verdict].emoji} ${words}${figures === '' ? '' : `: ${figures}`}`),
    ...(leading === undefined ? [] : [text(' · '), leading]),
  ];
};

type Words = { readonly emoji: string; readonly label: string };

const STATE_WORDS: Readonly<Record<RunSummary['state'], Words>> = {
  running: { emoji: '🔬', label: 'is running' },
  asking: { emoji: '✋', label: 'asks people' },
  continue: { emoji: '✅', label: 'lets it go on' },
  rollback: { emoji: '⛔', label: 'has it rolled back' },
  moot: { emoji: '❔', label: 'was too late' },
  overtaken: { emoji: '⏭️', label: 'was overtaken' },
};

/** A pipeline has nothing to bring back: it does not go on. */
const stateWords = (source: RolloutId['source'], state: RunSummary['state']): Words =>
  source === 'codepipeline' && state === 'rollback' ? { emoji: '⛔', label: 'stops it' } : STATE_WORDS[state];

const CHECK_WORDS: Readonly<Record<CheckSummary['verdict'], Words>> = {
  pass: { emoji: '✅', label: 'passed' },
  fail: { emoji: '❌', label: 'failed' },
  inconclusive: { emoji: '❔', label: 'could not be judged' },
  error: { emoji: '⚠️', label: 'could not be run' },
  running: { emoji: '🔄', label: 'is running' },
  waiting: { emoji: '⏳', label: 'waits for others' },
  skipped: { emoji: '⏭️', label: 'was skipped' },
  canceled: { emoji: '🚫', label: 'was canceled' },
};
