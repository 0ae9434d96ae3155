import type { Labels } from '../config/labels.ts';
import type { Overview } from '../rollout/overview.ts';
import type { Result, Rollout, StateChange } from '../rollout/rollout.ts';
import { changeWords, cutRolloutName, registerPlace, standingPlace, tellsTheWhole } from './change-words.ts';
import { cleanText } from './clean-text.ts';
import { cutText } from './cut-text.ts';
import { durationOf, isRollback, stopReasonOf } from './describe-rollout.ts';
import { foldToGsm, gsmLength, isGsm } from './gsm-text.ts';

// What two parts hold, 153 or 67 each, less the one that is lost when a pair would stand across them.
const GSM_ROOM = 305;
const UCS2_ROOM = 133;

type Limits = { readonly environment: number; readonly name: number; readonly place: number };

const WIDE: Limits = { environment: 40, name: 60, place: 60 };

/** The names give way, not the state: with these every sentence fits, whatever it is written in. */
const NARROW: Limits = { environment: 12, name: 30, place: 24 };

/** One state change as an SMS of at most two parts: what happened, and why as far as there is room. */
export const smsText = (change: StateChange, rollout: Rollout, overview: Overview, labels: Labels): string => {
  const wide = sentenceOf(change, overview, labels, WIDE);
  const sentence = lengthOf(wide) <= roomFor(wide) ? wide : sentenceOf(change, overview, labels, NARROW);
  return withWhy(sentence, foldToGsm(cleanText(whyOf(change, rollout, overview))));
};

const roomFor = (text: string): number => (isGsm(text) ? GSM_ROOM : UCS2_ROOM);

const lengthOf = (text: string): number => (isGsm(text) ? gsmLength(text) : text.length);

/** `shop-prod (production): Deploy / Release failed`, `shop-prod (production) failed at Deploy / Release`. */
const sentenceOf = (change: StateChange, overview: Overview, { environment }: Labels, limits: Limits): string => {
  const place = registerPlace(change);
  const at = standingPlace(change, overview);
  const duration = tellsTheWhole(change, overview) ? durationOf(overview) : undefined;
  return [
    cutRolloutName(change.rollout, limits.name, smsName),
    ...(isRollback(overview) ? [rollbackName(overview)] : []),
    ...(environment === undefined ? [] : [`(${smsName(environment, limits.environment)})`]),
  ]
    .join(' ')
    .concat(
      place === undefined ? '' : `: ${smsName(place, limits.place)}`,
      ` ${changeWords(change, overview).predicate}`,
      at === undefined ? '' : ` at ${smsName(at, limits.place)}`,
      duration === undefined ? '' : ` after ${duration}`,
    );
};

const rollbackName = ({ rollbackOf }: Overview): string =>
  rollbackOf === undefined ? 'rollback' : `rollback of ${smsName(rollbackOf, 16)}`;

const smsName = (name: string, limit: number): string => cutText(foldToGsm(cleanText(name)), limit, '...') || '?';

/** In strangers' words: of a failure its error, of a stop its reason. */
const whyOf = (change: StateChange, { facts }: Rollout, overview: Overview): string => {
  const { register, state } = change;
  if (state === 'failed') {
    const { errorCode = '', summary = '' } = failureOf(change, overview) ?? {};
    return [errorCode, summary].filter((text) => text !== '').join(': ');
  }
  return register.kind === 'rollout' ? (stopReasonOf(overview, facts.stopReason?.value) ?? '') : '';
};

const failureOf = ({ register, result }: StateChange, { failure, failures }: Overview): Result | undefined => {
  switch (register.kind) {
    case 'rollout':
      return failure ?? failures[0]?.result;
    case 'stage':
      return failures.find(({ stage }) => stage === register.stage)?.result;
    case 'action':
    case 'instance':
      return result;
  }
};

const withWhy = (sentence: string, why: string): string => {
  const whole = `${sentence}. ${why}`;
  if (why === '' || lengthOf(sentence) > roomFor(whole) - LEAST_OF_WHY) {
    return sentence;
  }
  const measure = isGsm(whole) ? gsmLength : (text: string) => text.length;
  return cutToRoom(whole, roomFor(whole), measure);
};

/** Fewer characters of it than this say nothing. */
const LEAST_OF_WHY = 15;

const cutToRoom = (text: string, room: number, measure: (text: string) => number): string => {
  if (measure(text) <= room) {
    return text;
  }
  let kept = '';
  let left = room - '...'.length;
  for (const piece of text) {
    left -= measure(piece);
    if (left < 0) {
      break;
    }
    kept += piece;
  }
  return `${kept.trimEnd()}...`;
};
