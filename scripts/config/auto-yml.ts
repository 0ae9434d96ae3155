import * as v from 'valibot';
import { AUTO_VERDICTS } from '../../shared/config/config.ts';
import { CALENDAR } from './calendar-yml.ts';
import { described, Duration, Name, oneOrMore, text } from './schema-parts.ts';

const NamingGlob = v.pipe(
  text(200),
  v.check((glob) => /[^*?]/.test(glob), 'would match anything: leave the key out'),
);

const ACCOUNT = 'arn:aws(?:-cn|-us-gov)?:(?:iam|sts)::(?:\\d{12}|\\*)';

const STARTER = new RegExp(`^${ACCOUNT}:(?:user/.|assumed-role/[^/]+/.)`);

/** A session is called what whoever assumes the role likes: without the role it is nobody's. */
const ANY_ROLE = new RegExp(`^${ACCOUNT}:assumed-role/[*?]+/`);

/** What is wrong with a glob of ARNs as a proof of who started something; undefined: nothing. */
export const starterProblem = (arn: string): string | undefined => {
  if (!STARTER.test(arn)) {
    return 'is not the ARN of an IAM user or of the sessions of a role such as arn:aws:sts::*:assumed-role/deployer/*';
  }
  return ANY_ROLE.test(arn)
    ? 'goes by what a session is called, which is up to whoever assumes a role: name the role'
    : undefined;
};

const Stage = v.strictObject({
  stage: described(text(100), 'Name of a stage of the same pipeline.'),
  action: described(v.exactOptional(text(100)), 'Name of an action of that stage. Left out: the stage as a whole.'),
  for: described(v.exactOptional(Duration), 'For how long it has: 30m, 2h, 1d. Left out: as soon as it has.'),
});

const Validated = v.strictObject({
  suite: described(oneOrMore(NamingGlob), 'Names of validation suites, by glob.'),
  verdict: described(
    v.exactOptional(v.picklist(['pass', 'continue'])),
    'pass (the default): every required check passed; continue: it let the deployment go on, for whatever reason.',
  ),
});

const When = v.pipe(
  v.strictObject({
    always: described(v.exactOptional(v.literal(true)), 'true: whatever is known. It stands alone.'),
    ref: described(
      v.exactOptional(oneOrMore(NamingGlob)),
      'Names of branches and tags, by glob, as the git trigger of a pipeline tells.',
    ),
    author: described(
      v.exactOptional(oneOrMore(text(80))),
      'Who wrote the commit: names under people. Anybody can write any name into a commit: only together with ref.',
    ),
    startedBy: described(
      v.exactOptional(oneOrMore(text(300))),
      'Who started the pipeline by StartPipelineExecution: names under people, or ARNs of IAM users and of sessions of roles, by glob.',
    ),
    succeeded: described(
      v.exactOptional(v.pipe(v.array(Stage), v.minLength(1, 'names no stage'), v.maxLength(10, 'are more than 10'))),
      'Stages of the same execution that have succeeded: each of them.',
    ),
    validated: described(
      v.exactOptional(
        v.pipe(v.array(Validated), v.minLength(1, 'names no suite'), v.maxLength(10, 'are more than 10')),
      ),
      'Runs of validation of the same deployment that have ended well: each of these was there.',
    ),
    checks: described(
      v.exactOptional(
        v.pipe(
          v.record(Name('a check'), oneOrMore(v.picklist(AUTO_VERDICTS))),
          v.check((checks) => Object.keys(checks).length > 0, 'names no check'),
        ),
      ),
      'Where a suite asks: what its checks have to have come to, by name: pass, inconclusive.',
    ),
    rollback: described(v.exactOptional(v.literal(true)), 'true: it brings back what was there before.'),
    ...CALENDAR,
  }),
  v.check(
    (when) => Object.keys(when).length > 0,
    'asks for nothing: say { always: true } if it is to approve everything',
  ),
  v.check(
    (when) => when.always === undefined || Object.keys(when).length === 1,
    'says always, and asks for something: one of the two',
  ),
  v.check(
    ({ author, ref }) => author === undefined || ref !== undefined,
    'goes by the author alone, and anybody can write any name into a commit: add ref, with a branch that is protected',
  ),
  v.check(
    ({ ref, startedBy, rollback }) => [ref, startedBy, rollback].filter((one) => one !== undefined).length <= 1,
    'can never hold: of what a commit triggers, what somebody starts and what is rolled back each is another thing',
  ),
);

/** A rule of a gate that approves in the place of people. */
export const AutoYml = v.strictObject({
  name: described(text(60), 'What the record says in the place of a person: approved by the policy of that name.'),
  fill: described(
    v.exactOptional(oneOrMore(text(80))),
    'Names of the rules of approvers that it fills. Left out: all of them.',
  ),
  when: described(When, 'What has to be known; every key has to hold, and what nobody knows does not.'),
});

export type AutoYml = v.InferOutput<typeof AutoYml>;
