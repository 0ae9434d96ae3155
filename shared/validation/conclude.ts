import { cutText } from '../message/cut-text.ts';
import { heldTo } from './held-to.ts';
import type { HeldTo } from './held-to.ts';
import type { Allowance, CheckState, Conclusion, Run, SuiteVerdict, Why } from './run.ts';
import type { Check } from './suite.ts';
import { counts, isOpen, judge } from './verdict.ts';

/** Why a run ends, before that is put in words. What could not begin has no suite to be held to. */
type Judgement = { readonly run: Run; readonly why: Why; readonly held?: HeldTo };

/** What is to be done, and by which allowance if not every required check has passed. */
type Ruling = { readonly action: Conclusion['action']; readonly by?: Allowance };

const MOST_SAYS = 600;

/** What a run ends with: what the platform is told, and why, so that the record says which rule let it go on. */
export const conclude = (run: Run, why: Why, now: number): Conclusion => {
  const judgement: Judgement = { run, why, ...(run.suite && { held: heldTo(run.suite, run.allowances) }) };
  const ruling = ruleOn(judgement);
  const isObserved = judgement.held?.suite.mode === 'observe' && isOfChecks(why);
  const action = isObserved ? 'continue' : ruling.action;
  const by = isObserved && ruling.action === 'rollback' ? 'observe' : ruling.by;
  const rule = by && run.allowances[by];
  const conclusion: Omit<Conclusion, 'says'> = {
    action,
    why,
    ...(rule !== undefined && { allowedBy: rule }),
    ...(isObserved && { shadow: ruling.action }),
    at: now,
  };
  return { ...conclusion, says: cutText(sentencesOf(judgement, conclusion).join(' '), MOST_SAYS) };
};

/** What a rollback deployment, a hook without a suite and one that could not begin end with is nothing to be observed. */
const isOfChecks = ({ kind }: Why): boolean => kind !== 'rollback' && kind !== 'no-suite' && kind !== 'not-begun';

const ruleOn = ({ run, why, held }: Judgement): Ruling => {
  switch (why.kind) {
    case 'verdict':
      return ruleOnVerdict(run, why.verdict, held);
    case 'answer':
      return { action: why.answer.verdict === 'approve' ? 'continue' : 'rollback' };
    case 'deadline':
      return held?.suite.decide.deadline === 'continue' && why.verdict !== 'fail'
        ? { action: 'continue', by: 'deadline-continue' }
        : { action: 'rollback' };
    case 'rollback':
      return { action: 'continue' };
    case 'no-suite':
      return ifAllowed(run, 'no-suite');
    case 'vacuous':
      return ifAllowed(run, 'empty');
    case 'not-begun':
      return { action: 'rollback' };
  }
};

const ifAllowed = ({ allowances }: Run, by: Allowance): Ruling =>
  allowances[by] === undefined ? { action: 'rollback' } : { action: 'continue', by };

const ruleOnVerdict = (run: Run, verdict: SuiteVerdict, held: HeldTo | undefined): Ruling => {
  if (held === undefined || verdict === 'fail' || verdict === 'error') {
    return { action: 'rollback' };
  }
  if (verdict === 'inconclusive') {
    return held.suite.decide.inconclusive === 'continue'
      ? { action: 'continue', by: 'inconclusive-continue' }
      : { action: 'rollback' };
  }
  const by = leaveOf(checksOf(run, held));
  return { action: 'continue', ...(by && { by }) };
};

/** What lets a suite pass although a required check of it has not, or only for want of data. */
const leaveOf = (checks: readonly Pair[]): Allowance | undefined => {
  const required = checks.filter(({ check }) => check.severity === 'required');
  if (required.some((pair) => !counts(pair.check) && pair.state.end?.as !== 'pass')) {
    return 'observe';
  }
  if (required.some(hasPassedWithoutData)) {
    return 'no-data-pass';
  }
  return required.some(isUnproven) ? 'between-pass' : undefined;
};

const hasPassedWithoutData = (pair: Pair): boolean => hasPassedByLeave(pair) && !isUnproven(pair);

const hasPassedByLeave = ({ check, state }: Pair): boolean => {
  const judged = judge(check, state.samples, false);
  return state.end?.as === 'pass' && judged?.row === 6 && judged.verdict === 'pass';
};

/** Whether a comparison has passed that has not shown that nothing is worse. */
const isUnproven = (pair: Pair): boolean => hasPassedByLeave(pair) && isOpen(pair.state.samples);

type Pair = { readonly check: Check; readonly state: CheckState };

const checksOf = (run: Run, { suite }: HeldTo): readonly Pair[] =>
  suite.checks.map((check, index) => ({ check, state: run.checks[index] ?? { samples: [] } }));

const sentencesOf = (judgement: Judgement, { action, allowedBy, shadow }: Omit<Conclusion, 'says'>) => {
  const { held } = judgement;
  const missing =
    action === 'rollback' ? (held?.refused ?? []).filter((allowance) => isMissed(allowance, judgement)) : [];
  return [
    reasonOf(judgement),
    ...(shadow === 'rollback' ? ['It is only observed: otherwise it would be rolled back.'] : []),
    ...(allowedBy === undefined ? [] : [`The rule “${allowedBy}” lets it go on.`]),
    ...missing.map((allowance) => `The suite asks for ${WORDS[allowance]}, which no rule allows here.`),
  ];
};

/** Whether it might have ended otherwise, had it been allowed. */
const isMissed = (allowance: Allowance, { why }: Judgement): boolean => {
  switch (allowance) {
    case 'deadline-continue':
      return why.kind === 'deadline';
    case 'inconclusive-continue':
    case 'no-data-pass':
    case 'between-pass':
      return why.kind === 'verdict' && why.verdict === 'inconclusive';
    case 'observe':
    case 'empty':
    case 'no-suite':
      return true;
  }
};

const WORDS: Readonly<Record<Allowance, string>> = {
  observe: '`mode: observe`',
  empty: 'no required check',
  'no-suite': 'no suite',
  'deadline-continue': '`deadline: continue`',
  'inconclusive-continue': '`inconclusive: continue`',
  'no-data-pass': '`onNoData: pass`',
  'between-pass': '`between: pass`',
};

const reasonOf = ({ run, why, held }: Judgement): string => {
  const checks = held === undefined ? [] : checksOf(run, held);
  switch (why.kind) {
    case 'verdict':
      return reasonOfVerdict(checks, why.verdict);
    case 'answer':
      return `The checks could not say, and people were asked: ${why.answer.says}`;
    case 'deadline':
      return run.state.kind === 'asking'
        ? 'The checks could not say, and nobody has answered in time.'
        : `Time was over before the verdict: ${deadlineReasonOf(checks)}.`;
    case 'rollback':
      return 'This deployment brings back what ran before: that is never held up.';
    case 'no-suite':
      return 'No suite matches: nothing was tested.';
    case 'vacuous':
      return 'No required check has run: nothing was tested.';
    case 'not-begun':
      return why.says;
  }
};

const deadlineReasonOf = (checks: readonly Pair[]): string => {
  const late = checks.filter(({ check, state }) => counts(check) && state.end === undefined);
  return late.length === 0
    ? 'too little of it was left to ask people'
    : `${late.map(({ check }) => check.name).join(', ')} had not ended`;
};

const reasonOfVerdict = (checks: readonly Pair[], verdict: SuiteVerdict): string => {
  if (verdict === 'pass') {
    const others = checks.filter(({ check, state }) => !counts(check) && state.end?.as !== 'pass');
    const unproven = checks.filter(isUnproven);
    return [
      'Every required check has passed.',
      ...(others.length === 0 ? [] : [`Of those that do not count, ${namesOf(others)} has not.`]),
      ...(unproven.length === 0 ? [] : [`Nothing shows that ${namesOf(unproven)} is worse, which is no proof.`]),
    ].join(' ');
  }
  return checks
    .filter(({ check, state }) => counts(check) && state.end?.as === verdict)
    .map(({ check, state }) => `${check.name} ${VERDICT_WORDS[verdict]}${saysOf(state, verdict)}`)
    .join(' ');
};

const namesOf = (checks: readonly Pair[]): string => checks.map(({ check }) => check.name).join(', ');

const VERDICT_WORDS: Readonly<Record<Exclude<SuiteVerdict, 'pass'>, string>> = {
  fail: 'has failed',
  inconclusive: 'could not be judged',
  error: 'could not be run',
};

const saysOf = ({ samples, answer }: CheckState, verdict: SuiteVerdict): string => {
  const told = samples.findLast(({ outcome }) =>
    verdict === 'inconclusive' ? outcome === 'nodata' || outcome === 'between' : outcome === verdict,
  );
  const says = answer?.says ?? told?.says;
  return says === undefined ? '.' : `: ${says.replace(/\.$/, '')}.`;
};
