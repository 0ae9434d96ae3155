import type { Row } from './row.ts';

/** What fails around us: repetition, disorder, loss, crashes, AWS and Slack out of order. */
export const FAULT_ROWS: readonly Row[] = [
  {
    row: 'F1',
    what: 'An event comes twice to five times, also at once.',
    outcome:
      'One rollout, one message, and each topic has it once. Only two copies that are handled at the very same moment may both be published.',
    guard: 'A batch is told one event after the other, and the record of an event says which topics have it.',
    file: 'functions/notify/notify.ts',
    takeOut: {
      from: 'toTell.filter(({ topic }) => !record.published.includes(topic))',
      to: 'toTell',
    },
  },
  {
    row: 'F2',
    what: 'The events of an execution come in any order.',
    outcome: 'The rollout is the same in the end, but for when AWS is to be asked about it.',
    guard: 'Of two versions of a register or a fact the newer one is kept, not the one that came last.',
    file: 'shared/rollout/fold.ts',
    takeOut: {
      from: 'return order < 0 ? told : known;',
      to: 'return order === 0 ? known : told;',
    },
  },
  {
    row: 'F3',
    what: 'The end comes before the start.',
    outcome: 'One message that has ended. The late start only says since when.',
    guard: 'The earliest start that any event told is kept, whichever event decides the state.',
    file: 'shared/rollout/fold.ts',
    takeOut: {
      from: 'const startedAt = Math.min(known.startedAt, told.startedAt);',
      to: 'const startedAt = newer.startedAt;',
    },
  },
  {
    row: 'F4',
    what: 'Two events of one second tell different states.',
    outcome: 'The one that is further along counts, whichever came first.',
    guard: 'After attempt and time the rank of the state decides.',
    file: 'shared/rollout/version.ts',
    takeOut: {
      from: 'a.rank - b.rank || ',
      to: '',
    },
  },
  {
    row: 'F5',
    what: 'A stage is retried: failed, then resumed under the same execution id, in any order and within one second.',
    outcome: 'The message is under way again.',
    guard: 'A later attempt beats everything before it.',
    file: 'shared/rollout/version.ts',
    takeOut: {
      from: 'a.attempt - b.attempt || ',
      to: '',
    },
  },
  {
    row: 'F6',
    what: 'An event comes that happened more than 45 days ago, from an archive or a copy of a queue. Items are kept for 90 days, and no event is on its way for longer than 29.',
    outcome: 'It is put aside as `too old` and begins no rollout and no message.',
    guard: 'Each event is asked how old it is before it is folded.',
    file: 'functions/notify/notify.ts',
    takeOut: {
      from: 'deps.clock.now() - parsed.change.version.time > deps.oldestEventMs',
      to: 'deps.oldestEventMs < 0',
    },
  },
  {
    row: 'F7',
    what: '`notify` ends after it has folded an event and before it has asked for the messages.',
    outcome: 'The event comes again, and the messages are asked for though it changes nothing any more.',
    guard: 'Messages are asked for whether or not the events changed anything.',
    file: 'functions/notify/notify.ts',
    takeOut: {
      from: 'outcome: { stored, fresh } };',
      to: 'outcome: { stored: stored === known ? { ...stored, channels: [] } : stored, fresh } };',
    },
  },
  {
    row: 'F8',
    what: '`notify` ends after it has asked for a message and before it has sent the wake-up.',
    outcome: 'The sweep sends a wake-up within two minutes.',
    guard: 'What is asked for is due from the start.',
    file: 'shared/delivery/delivery.ts',
    takeOut: {
      from: 'return { body: { want: rev, done: 0, fence: 0, failures: 0, dueAt: now + WAKE_UP_MS }, outcome: true };',
      to: 'return { body: { want: rev, done: 0, fence: 0, failures: 0 }, outcome: true };',
    },
  },
  {
    row: 'F9',
    what: '`notify` ends after SNS has taken a message and before that is recorded.',
    outcome: 'The topic has it twice, with the same ids; nothing is missing.',
    guard: 'It is published first and recorded then.',
    file: 'functions/notify/notify.ts',
    takeOut: {
      from: ['const published = await Promise.all(', '    missing.map('].join('\n'),
      to: ['await keep(topics, undefined);', '  const published = await Promise.all(', '    missing.map('].join('\n'),
    },
  },
  {
    row: 'F10',
    what: 'DynamoDB throttles.',
    outcome:
      'The events that it is about come again, the others of the batch are done with, and in the end nothing is missing.',
    guard: 'What goes wrong with one rollout fails its own events only.',
    file: 'functions/notify/notify.ts',
    takeOut: {
      from: 'return arrivals.map(({ id }) => failed(log, id, error));',
      to: 'throw error;',
    },
  },
  {
    row: 'F11',
    what: 'DynamoDB writes and the answer is lost, so that the SDK writes again.',
    outcome: 'The second write finds its own work: nothing happens twice, and what was news still is.',
    guard: 'An event that is found in the rollout is taken for the one that put it there.',
    file: 'functions/notify/notify.ts',
    takeOut: {
      from: 'return stored.rollout !== before?.rollout || isIn(stored.rollout, change);',
      to: 'return stored.rollout !== before?.rollout || (isIn(stored.rollout, change) && known === undefined);',
    },
  },
  {
    row: 'F12',
    what: 'DynamoDB is away for ten minutes.',
    outcome: 'Events wait in the queue, none is given up, and all is shown soon after.',
    guard: 'Only after five hundred tries, half a minute apart, is an event given up.',
    file: 'serverless.yml',
    takeOut: {
      from: 'RedrivePolicy: { deadLetterTargetArn: !GetAtt EventsDeadLetters.Arn, maxReceiveCount: 500 }',
      to: 'RedrivePolicy: { deadLetterTargetArn: !GetAtt EventsDeadLetters.Arn, maxReceiveCount: 3 }',
    },
  },
  {
    row: 'F13',
    what: 'One topic refuses every message: it is gone, or may not be published to.',
    outcome:
      'The event comes again for that topic alone, and after five hundred tries (not five: receives count outages only) it is in a dead-letter queue with an alarm. The other topics have it once, and Slack is told.',
    guard: 'What was published is recorded also when another topic refused.',
    file: 'functions/notify/notify.ts',
    takeOut: {
      from: 'await keep(done, refusal &&',
      to: 'await keep(refusal === undefined ? done : [], refusal &&',
    },
  },
  {
    row: 'F14',
    what: 'SNS throttles or fails for a while.',
    outcome: 'The event comes again, and is published to the topics that do not have it.',
    guard: 'What was published is recorded also when another topic refused.',
    file: 'functions/notify/notify.ts',
    takeOut: {
      from: 'await keep(done, refusal &&',
      to: 'await keep(refusal === undefined ? done : [], refusal &&',
    },
  },
  {
    row: 'F15',
    what: 'A topic is a FIFO topic, which swallows what looks the same within five minutes.',
    outcome:
      'Two states within five minutes both arrive, in their order; a fact arrives once, by whatever road and under whatever event id it came.',
    guard: 'The deduplication id is made of the topic and the fact.',
    file: 'shared/aws/sns-publisher.ts',
    takeOut: {
      from: 'MessageDeduplicationId: sha256(`${topic}|${factId}`),',
      to: 'MessageDeduplicationId: sha256(`${topic}|${executionId}|${factId.length}`),',
    },
  },
  {
    row: 'F16',
    what: 'SQS takes a batch in part, with status 200. (SNS gets single messages, so there it cannot happen.)',
    outcome: 'The call counts as failed. What was not sent comes again, and wake-ups too many do no harm.',
    guard: 'What SQS lists as failed is looked at.',
    file: 'shared/aws/send-all.ts',
    takeOut: {
      from: 'if (refused.length > 0) {',
      to: 'if (refused.length > 10) {',
    },
  },
  {
    row: 'F17',
    what: 'A message of a batch is no JSON.',
    outcome: 'It is put aside with the reason, the others are handled, and none comes again.',
    guard: 'What cannot be read is a result, not an error.',
    file: 'shared/rollout/open-envelope.ts',
    takeOut: {
      from: ['  } catch {', "    return quarantined('not JSON');"].join('\n'),
      to: ['  } catch (error) {', '    throw error;'].join('\n'),
    },
  },
  {
    row: 'F18',
    what: 'A bug throws where nobody thought of it.',
    outcome: 'The whole batch comes again, and no part of it is acknowledged.',
    guard: 'Nobody catches what nobody expects.',
    file: 'functions/notify/index.ts',
    takeOut: {
      from: 'const handled = await notify(batch.output.Records.map(({ messageId, body }) => ({ id: messageId, text: body })));',
      to: 'const handled = await notify(batch.output.Records.map(({ messageId, body }) => ({ id: messageId, text: body }))).catch(() => []);',
    },
  },
  {
    row: 'F19',
    what: '`notify` runs out of time in the middle of a batch.',
    outcome: 'What was not acknowledged comes again, and what was recorded is not repeated.',
    guard: 'The record of an event says which topics have it.',
    file: 'functions/notify/notify.ts',
    takeOut: {
      from: 'toTell.filter(({ topic }) => !record.published.includes(topic))',
      to: 'toTell',
    },
  },
  {
    row: 'F20',
    what: '`deliver` ends in the middle of a post.',
    outcome: 'One message, found in the history of the channel; two at most where the app may not read it.',
    guard: 'That a post begins is recorded before it does.',
    file: 'shared/delivery/delivery.ts',
    takeOut: {
      from: "delivery.ts === undefined ? { body: { ...delivery, intent }, outcome: 'owned' } : { outcome: 'lost' },",
      to: "delivery.ts === undefined && intent.key !== '' ? { body: delivery, outcome: 'owned' } : { outcome: 'lost' },",
    },
  },
  {
    row: 'F21',
    what: 'Slack has taken a post, and the connection breaks before the answer.',
    outcome: 'The message is found by its metadata, and is the one message.',
    guard: 'What was found is taken over.',
    file: 'functions/deliver/deliver.ts',
    takeOut: {
      from: ['if (ts === undefined) {', '    return post(turn, rendered);', '  }', '  // Kept'].join('\n'),
      to: ["if (ts === undefined || ts !== '') {", '    return post(turn, rendered);', '  }', '  // Kept'].join('\n'),
    },
  },
  {
    row: 'F22',
    what: 'Slack has not taken a post, and does not answer.',
    outcome: 'It is looked for once the time to appear is over, not found, and posted once.',
    guard: 'As long as nobody knows how a post ended it stays recorded.',
    file: 'shared/delivery/delivery.ts',
    takeOut: {
      from: '...(ambiguous && intent && { intent }),',
      to: '...(ambiguous && intent && intent.at < 0 && { intent }),',
    },
  },
  {
    row: 'F23',
    what: 'Slack answers 429 and names the seconds.',
    outcome:
      'No call of that method for as long, in any channel (the limits are the workspace’s as well as the channel’s); other methods go on, and it counts as no failure.',
    guard: 'The pause is kept for the whole workspace.',
    file: 'functions/deliver/deliver.ts',
    takeOut: {
      from: 'await changeItem(methodKey(config.slack.workspace, method), pauseItem, methodPaused(until));',
      to: 'methodPaused(until);',
    },
  },
  {
    row: 'F24',
    what: 'Slack answers 429 without a time, or with one that is no number.',
    outcome: 'Half a minute of rest. (No jitter: the workspace rests as one.)',
    guard: 'Such an answer is given the seconds that it lacks.',
    file: 'shared/delivery/slack-reply.ts',
    takeOut: {
      from: 'retryAfterSeconds !== undefined && retryAfterSeconds > 0',
      to: 'retryAfterSeconds !== undefined',
    },
  },
  {
    row: 'F25',
    what: 'Slack answers 500, 502 or 503 with a page of HTML.',
    outcome:
      'It is tried again; only a 503 says for certain that nothing was done. Nothing of the page is logged or kept.',
    guard: 'The status decides, the body is not looked at.',
    file: 'shared/delivery/slack-reply.ts',
    takeOut: {
      from: 'status >= 500 || status === 408',
      to: 'status >= 600 || status === 408',
    },
  },
  {
    row: 'F26',
    what: 'Slack answers 200 with an error that passes.',
    outcome: 'It is tried again. `fatal_error` does not rule out that it was done, so the message is looked for first.',
    guard: 'Slack’s words are sorted by what follows from them.',
    file: 'shared/delivery/slack-reply.ts',
    takeOut: {
      from: "...['internal_error', 'service_unavailable', 'request_timeout', 'team_added_to_org'].map(",
      to: "...['internal_error', 'request_timeout', 'team_added_to_org'].map(",
    },
  },
  {
    row: 'F27',
    what: 'Slack refuses a channel: not found, archived, restricted. (`not_in_channel` heals: it is tried with the next change and every hour.)',
    outcome:
      'That message is given up with an error in the log, which an alarm counts. No call is made again; other channels are not touched.',
    guard: 'What was refused for good is not taken in hand again.',
    file: 'shared/delivery/delivery.ts',
    takeOut: {
      from: ["refused !== 'for-good' &&", '  (retryAt'].join('\n'),
      to: ["(refused !== 'for-good' || intent === undefined) &&", '  (retryAt'].join('\n'),
    },
  },
  {
    row: 'F28',
    what: 'Slack accepts the token no more.',
    outcome:
      'The circuit opens for the workspace and one alarm is raised; nothing is lost, a try is made at ever longer intervals, and with a new token all is made up for.',
    guard: 'Whoever takes a message in hand looks at the circuit first.',
    file: 'functions/deliver/deliver.ts',
    takeOut: {
      from: 'pausedUntil: Math.max(circuit?.until ?? 0, ...pauses.map(({ outcome: pause }) => pause?.until ?? 0)),',
      to: 'pausedUntil: Math.max(0, ...pauses.map(({ outcome: pause }) => pause?.until ?? 0)),',
    },
  },
  {
    row: 'F29',
    what: 'Slack does not take the blocks, or finds the message too long.',
    outcome: 'The same message in plain text, still one.',
    guard: 'What is unacceptable is sent once more as text.',
    file: 'functions/deliver/deliver.ts',
    takeOut: {
      from: "if (!reply.ok && reply.failure.kind === 'unacceptable') {",
      to: "if (!reply.ok && reply.failure.kind === 'unacceptable' && ts !== undefined) {",
    },
  },
  {
    row: 'F30',
    what: 'Somebody has deleted the message.',
    outcome:
      'The message is given up with an error in the log; it is not posted again, and nothing goes round in circles.',
    guard: 'Only a missing invitation heals.',
    file: 'functions/deliver/deliver.ts',
    takeOut: {
      from: "error === 'not_in_channel' ? 'heals' : 'for-good'",
      to: "error === 'is_archived' ? 'for-good' : 'heals'",
    },
  },
  {
    row: 'F31',
    what: 'Slack has nobody edit the message any more.',
    outcome:
      'What is new is said in its thread, once for each state that the rollout comes into. No edit is tried again.',
    guard: 'The message is recorded as closed to edits.',
    file: 'functions/deliver/deliver.ts',
    takeOut: {
      from: ['return delivery.uneditable === true', ''].join('\n'),
      to: ['return delivery.uneditable === true && delivery.done < 0', ''].join('\n'),
    },
  },
  {
    row: 'F32',
    what: 'Slack is away, for four hours or for four days.',
    outcome:
      'SNS goes on. Slack is asked at intervals of up to five minutes for each message, never for what certainly was not posted; afterwards every message is there once and shows the newest state.',
    guard: 'The intervals double up to five minutes.',
    file: 'shared/delivery/backoff.ts',
    takeOut: {
      from: 'Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 20))',
      to: 'Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 0))',
    },
  },
  {
    row: 'F33',
    what: 'Half of the calls fail for an hour, some of them after they took effect.',
    outcome: 'Every message is there once, and shows the newest state.',
    guard: 'As long as nobody knows how a post ended it stays recorded.',
    file: 'shared/delivery/delivery.ts',
    takeOut: {
      from: '...(ambiguous && intent && { intent }),',
      to: '...(ambiguous && intent && intent.at < 0 && { intent }),',
    },
  },
  {
    row: 'F34',
    what: '`deliver` stands still in the middle of a call, and goes on when another run has taken over.',
    outcome: 'It records nothing, and deletes its own post where there is another.',
    guard: 'Only the newest owner may record what it did.',
    file: 'shared/delivery/delivery.ts',
    takeOut: {
      from: 'delivery?.fence === fence ? transition(delivery) : { outcome: lost };',
      to: 'delivery !== undefined && delivery.fence >= fence ? transition(delivery) : { outcome: lost };',
    },
  },
  {
    row: 'F35',
    what: 'Two runs of `deliver` have the same wake-up, because the queue thought that the first had ended.',
    outcome: 'One post.',
    guard: 'Nobody takes over before a post that was begun has had the time to appear.',
    file: 'shared/delivery/delivery.ts',
    takeOut: {
      from: '(intent === undefined || ts !== undefined || intent.at + SETTLE_MS <= now)',
      to: '(intent === undefined || ts !== undefined || intent.at <= now)',
    },
  },
  {
    row: 'F36',
    what: 'A wake-up is lost.',
    outcome: 'The sweep sends another within two minutes, with a deduplication id of its own.',
    guard: 'The sweep wakes what is due.',
    file: 'functions/sweep/sweep.ts',
    takeOut: {
      from: 'await wakeUp([place]);',
      to: 'await wakeUp([]);',
    },
  },
  {
    row: 'F37',
    what: 'The sweep runs twice at once, or an hour late.',
    outcome: 'Wake-ups too many, which find nothing to do.',
    guard: 'A message that shows what is wanted is not taken in hand.',
    file: 'shared/delivery/delivery.ts',
    takeOut: {
      from: '(!isDirty(delivery) && delivery.extra === undefined)',
      to: '(!isDirty(delivery) && delivery.done < 0)',
    },
  },
  {
    row: 'F38',
    what: 'The clocks of two functions differ by five minutes, or a clock goes back.',
    outcome: 'The rollout is the same, and a post that nobody knows of is found: one message.',
    guard: 'What is newer the events say, never our clock.',
    file: 'shared/rollout/parse-codepipeline.ts',
    takeOut: {
      from: ['time: envelope.time,', '    rank'].join('\n'),
      to: ['time: Date.now(),', '    rank'].join('\n'),
    },
  },
  {
    row: 'F39',
    what: 'The event that tells the end is lost before it reaches us.',
    outcome:
      'The sweep asks AWS about what has been silent for five minutes, and the message has ended within a quarter of an hour.',
    guard: 'What has not ended is watched.',
    file: 'functions/notify/notify.ts',
    takeOut: {
      from: ': { ...stored, watch: heard(now) };',
      to: ': stored;',
    },
  },
  {
    row: 'F40',
    what: 'AWS does not answer the sweep, or knows nothing of the execution any more.',
    outcome:
      'No answer: it is asked again later. Not known twice: the message says that its end was not heard, and nobody asks again.',
    guard: 'What is missing is counted.',
    file: 'shared/rollout/watch.ts',
    takeOut: {
      from: 'if (missing >= MOST_MISSING) {',
      to: 'if (missing > MOST_DENIED) {',
    },
  },
  {
    row: 'F60',
    what: '`gatehouse.yml` is broken at a deploy while events are queued, or an item was stored by a version to come.',
    outcome:
      'The deploy is refused, and the functions go on with the configuration that they were built with. Events of a rollout that cannot be read come again until they can be, and end in the dead-letter queue; no others are held up.',
    guard: 'The configuration is compiled into the functions, and what does not compile is not deployed.',
    file: 'scripts/serverless-plugin.ts',
    takeOut: {
      from: 'throw new classes.Error(error instanceof Error ? error.message : String(error));',
      to: "return { config: { slack: { workspace: 'T0', channels: {} }, environments: [], routes: [] }, listenedTo: [] };",
    },
  },
  {
    row: 'F61',
    what: 'EventBridge may no longer write to the events queue.',
    outcome:
      'The events are in the dead-letter queue of the rules, an alarm is raised, and a redrive makes up for them.',
    guard: 'Every target of a rule has a dead-letter queue.',
    file: 'serverless.yml',
    takeOut: {
      from: [
        '            source: [aws.codedeploy]',
        '            detail-type:',
        '              - CodeDeploy Deployment State-change Notification',
        '              - CodeDeploy Instance State-change Notification',
        '          Targets:',
        '            - Id: events-queue',
        '              Arn: !GetAtt EventsQueue.Arn',
        '              DeadLetterConfig: { Arn: !GetAtt RuleDeadLetters.Arn }',
        '',
      ].join('\n'),
      to: [
        '            source: [aws.codedeploy]',
        '            detail-type:',
        '              - CodeDeploy Deployment State-change Notification',
        '              - CodeDeploy Instance State-change Notification',
        '          Targets:',
        '            - Id: events-queue',
        '              Arn: !GetAtt EventsQueue.Arn',
        '',
      ].join('\n'),
    },
  },
  {
    row: 'F62',
    what: 'Thousands of events are redriven that had been handled.',
    outcome: 'Nothing changes, nothing is published again and no message is touched. (Played with 2,000 events.)',
    guard: 'What changes nothing is not written.',
    file: 'functions/notify/notify.ts',
    takeOut: {
      from: '...(stored !== known && { body: stored })',
      to: '...{ body: stored }',
    },
  },
  {
    row: 'F63',
    what: 'EventBridge replays an archive, in this region or in another.',
    outcome:
      'The messages show what is replayed. Nothing is published and nobody is called, unless the name of the replay begins with `publish`; the record and the log name the replay.',
    guard: 'Events that name a replay are told to no topic.',
    file: 'functions/notify/notify.ts',
    takeOut: {
      from: 'const toTell = replay === undefined ? audience.topics : [];',
      to: 'const toTell = audience.topics;',
    },
  },
  {
    row: 'F64',
    what: 'A rollout grows: hundreds of actions, each with everything that an event can say.',
    outcome:
      'A bounded number of parts is kept, always the same ones; the item and the message stay within the limits of DynamoDB and Slack.',
    guard: 'Registers are counted.',
    file: 'shared/rollout/fold.ts',
    takeOut: {
      from: 'if (states.length <= MAX_REGISTERS) {',
      to: 'if (states.length <= 10 * MAX_REGISTERS) {',
    },
  },
];
