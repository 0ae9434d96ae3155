import type { Row } from './row.ts';

/** What may go wrong between a pipeline's job and its result. */
export const JOB_ROWS: readonly Row[] = [
  {
    row: 'F69',
    what: 'A job of a pipeline holds credentials, and Lambda writes the whole event down when a call has failed.',
    outcome:
      'No log, record, message or error of Gatehouse has them, however the job ends. Lambda’s own copy is in the encrypted checks queue.',
    guard: 'Of a job only what is needed is read.',
    file: 'shared/validation/job-event.ts',
    takeOut: {
      from: 'jobId: id,',
      to: 'jobId: id,\n      ...data,',
    },
  },
  {
    row: 'F70',
    what: 'The author of a pipeline says in UserParameters that an action is of another pipeline.',
    outcome:
      'What CodePipeline says counts. Where it says nothing, the suite of the place that is claimed runs, and no rule allows it anything.',
    guard: 'What is claimed has no allowances.',
    file: 'functions/validate/job-door.ts',
    takeOut: {
      from: 'allowances: isClaimed ? {} : allowancesAt(policy, rollout, suite?.name),',
      to: 'allowances: allowancesAt(policy, rollout, suite?.name),',
    },
  },
  {
    row: 'F71',
    what: 'A job comes with a continuation token that is not its own.',
    outcome: 'The action fails, and the run of the other one goes on.',
    guard: 'The run has to be one of the job’s own pipeline, execution, stage and action.',
    file: 'functions/validate/job-door.ts',
    takeOut: {
      from: '} else if (!isOf(stored.run, place)) {',
      to: '} else if (!isOf(stored.run, place) && before === undefined) {',
    },
  },
  {
    row: 'F72',
    what: 'CodePipeline says that a job has its result already.',
    outcome:
      'Where somebody has told it before, it was ours. Otherwise CodePipeline had ended the action, the run is moot, and that raises an alarm.',
    guard: 'Whether the job was told before is known.',
    file: 'functions/validate/job-door.ts',
    takeOut: {
      from: 'return isRepeat || tries > 1',
      to: 'return tries < 1 && isRepeat',
    },
  },
  {
    row: 'F73',
    what: 'Lambda gives up a job.',
    outcome:
      'It is answered all the same: by what is on record, by a token where the run goes on, and as failed where nothing could be begun. No action hangs for twenty minutes.',
    guard: 'What Lambda gives up comes to the checks queue, and is answered there.',
    file: 'shared/validation/check-message.ts',
    takeOut: {
      from: 'requestPayload: JobEvent });',
      to: 'requestPayload: v.pipe(JobEvent, v.check(() => false)) });',
    },
  },
];
