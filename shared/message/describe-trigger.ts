import type { Facts, Trigger } from '../rollout/rollout.ts';
import { cleanText } from './clean-text.ts';
import { cutText } from './cut-text.ts';
import { creatorInWords } from './deployment-words.ts';

/** Who or what started the rollout, in at most two lines; none where nobody knows. */
export const describeStart = ({ trigger, creator }: Facts): readonly string[] => {
  if (trigger !== undefined) {
    return describeTrigger(trigger.value);
  }
  const words = creator === undefined ? undefined : creatorInWords(creator.value);
  return words === undefined ? [] : [`Started by ${words}`];
};

const describeTrigger = (trigger: Trigger): readonly string[] => {
  switch (trigger.kind) {
    case 'commit': {
      const { message, author, ref, commit, repository } = trigger;
      const source = [author, ref, commit && shortCommit(commit)].map(shown).filter(isText).join(' · ');
      return [shown(message), source || shown(repository)].filter(isText);
    }
    case 'other': {
      const type = shown(trigger.type);
      const who = shown(lastPart(trigger.detail));
      return [who, type].some(isText) ? [`Started by ${[who, type].filter(isText).join(' · ')}`] : [];
    }
  }
};

const shown = (text: string | undefined): string => cutText(cleanText(text ?? ''), 120);

const isText = (text: string): boolean => text !== '';

const shortCommit = (commit: string): string => (/^[0-9a-f]{40,64}$/.test(commit) ? commit.slice(0, 7) : commit);

const ARN = /^arn:[^:]*:([^:]*):[^:]*:[^:]*:(.*)$/s;

/** `alice` of `arn:aws:sts::111122223333:assumed-role/Admin/alice`; of other ARNs only a rule's name is for people. */
const lastPart = (detail: string | undefined): string | undefined => {
  const arn = ARN.exec(detail ?? '');
  if (arn === null) {
    return detail;
  }
  const [, service = '', resource = ''] = arn;
  const name = resource.split(/[/:]/).at(-1);
  switch (service) {
    case 'iam':
    case 'sts':
      return name;
    case 'events':
      return name && `rule ${name}`;
    default:
      return undefined;
  }
};
