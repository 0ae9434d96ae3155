import type { Row } from './row.ts';

/** What may go wrong between a click and what AWS is told, what comes to the door, and who may decide. */
export const APPROVAL_ROWS: readonly Row[] = [
  {
    row: 'F41',
    what: 'An execution is superseded, or stopped, while its approval message still has its buttons.',
    outcome:
      'The message says so and has no buttons. A click that came too late is told what happened, and AWS hears nothing of it.',
    guard: 'A click counts only as long as the gate is open, by what the platform says at that moment.',
    file: 'shared/gate/gate.ts',
    takeOut: {
      from: "const why = gate.state.kind === 'open' ? refusal : 'over';",
      to: 'const why = refusal;',
    },
  },
  {
    row: 'F42',
    what: 'A person clicks twice, or two people click opposite buttons at the same moment.',
    outcome: 'The first that is on record counts, AWS is called once, and the other person is told who decided.',
    guard: 'Whoever writes second sees that, and decides again about what the first has written.',
    file: 'shared/store/change-item.ts',
    takeOut: {
      from: 'if (await store.write(next)) {',
      to: 'if ((await store.write(next)) || true) {',
    },
  },
  {
    row: 'F43',
    what: '`decide` ends after a decision is on record and before AWS is called.',
    outcome:
      'The same decision is tried again, with the next vote or when the sweep has the gate looked at; never another.',
    guard: 'What was decided and not done is done whenever the gate is looked at.',
    file: 'functions/decide/decide.ts',
    takeOut: {
      from: "if (current.state.kind === 'decided') {\n      await act(",
      to: "if (current.state.kind === 'applied') {\n      await act(",
    },
  },
  {
    row: 'F44',
    what: 'AWS takes a decision and the answer is lost; or somebody else decided a moment before.',
    outcome:
      'AWS is asked what came of it. It was done here only when verdict and people are those on record; otherwise the message says who did it.',
    guard: 'What the platform says is compared with what was decided.',
    file: 'shared/gate/gate.ts',
    takeOut: {
      from: 'return summary?.startsWith(signatureOf(decision)) === true;',
      to: "return summary !== '';",
    },
  },
  {
    row: 'F45',
    what: 'An approval is decided in the console meanwhile.',
    outcome: 'The message says who decided there, and a click is refused with that.',
    guard: 'The platform is asked before a click counts.',
    file: 'functions/decide/decide.ts',
    takeOut: {
      from: 'return change(ended(seen.ending));',
      to: 'return { current: gate, seen };',
    },
  },
  {
    row: 'F46',
    what: 'A stage is retried: it asks anew, with another token.',
    outcome:
      'The old message says how its approval ended and takes no click. The new approval has a message of its own.',
    guard: 'A gate is of one action execution.',
    file: 'shared/gate/gate-id.ts',
    takeOut: {
      from: 'point.stage, point.action, point.actionExecutionId];',
      to: 'point.stage, point.action];',
    },
  },
  {
    row: 'F47',
    what: 'CodePipeline throttles or fails when it is to be told.',
    outcome:
      'The vote comes again for a quarter of an hour, and the message shows meanwhile what was decided. Then whoever clicked is told what their click came to.',
    guard: 'A vote that cannot be done is given up with a word to its voter.',
    file: 'functions/decide/decide.ts',
    takeOut: {
      from: 'if (deps.clock.now() - message.at < TRIED_MS) {',
      to: 'if (deps.clock.now() >= message.at) {',
    },
  },
  {
    row: 'F48',
    what: 'A signed request is sent again, byte for byte, within its five minutes.',
    outcome: 'It is acknowledged and has no effect: the votes queue swallows it.',
    guard: 'A message of the votes queue is named after the click, not after the request.',
    file: 'shared/aws/send-vote.ts',
    takeOut: {
      from: ".update([gate, by.user, key].join('|'))",
      to: ".update([gate, by.user, key, vote.requestId].join('|'))",
    },
  },
  {
    row: 'F49',
    what: 'SQS does not take a vote.',
    outcome:
      'Whoever clicked reads that it was not recorded, a form stays open with what was typed, and Slack gets a 500.',
    guard: 'A click is acknowledged only once it is in the queue.',
    file: 'functions/interact/interact.ts',
    takeOut: {
      from: "await deps.enqueue({ ...vote, kind: 'vote', at, requestId }, until - TELLING_MS);",
      to: "await deps.enqueue({ ...vote, kind: 'vote', at, requestId }, until - TELLING_MS).catch(() => undefined);",
    },
  },
  {
    row: 'F50',
    what: 'A cold start, and SSM is slow or fails.',
    outcome:
      'What was read last serves. Where there is nothing yet, the click fails visibly before Slack’s three seconds are over.',
    guard: 'Known secrets outlast trouble with SSM.',
    file: 'shared/aws/slack-secrets.ts',
    takeOut: {
      from: 'if (known === undefined) {\n        throw error;',
      to: 'if (known === undefined || known !== undefined) {\n        throw error;',
    },
  },
  {
    row: 'F51',
    what: 'The signing secret is changed for another.',
    outcome: 'Both are good until the old one is taken away.',
    guard: 'A signature may fit any of the secrets.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: 'return fits.includes(true) ? undefined',
      to: 'return fits[0] === true ? undefined',
    },
  },

  {
    row: 'B34',
    what: 'A request without a signature or without its time.',
    outcome: 'It is refused with a 401 and nothing else.',
    guard: 'Nobody is believed who brings no signature.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: 'if (timestamp === undefined || signature === undefined) {',
      to: "if (onlyValue(headers, 'x-slack-signature') === undefined) {\n    return undefined;\n  }\n  if (timestamp === undefined || signature === undefined) {",
    },
  },
  {
    row: 'B35',
    what: 'A signature of another version.',
    outcome: 'It is refused.',
    guard: 'There is one version.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: 'const SIGNATURE = /^v0=([0-9a-f]{64})$/;',
      to: String.raw`const SIGNATURE = /^v\d=([0-9a-f]{64})$/;`,
    },
  },
  {
    row: 'B36',
    what: 'A signature in upper case.',
    outcome: 'It is refused: Slack writes small letters.',
    guard: 'A signature is read as Slack writes it.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: 'const SIGNATURE = /^v0=([0-9a-f]{64})$/;',
      to: 'const SIGNATURE = /^v0=([0-9a-f]{64})$/i;',
    },
  },
  {
    row: 'B37',
    what: 'A signature with a digit too few or too many.',
    outcome: 'It is refused, and nothing throws.',
    guard: 'A signature has 64 digits.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: 'const SIGNATURE = /^v0=([0-9a-f]{64})$/;',
      to: 'const SIGNATURE = /^v0=([0-9a-f]{63,65})$/;',
    },
  },
  {
    row: 'B38',
    what: 'A time that is no plain number: 1e9, hexadecimal, with a space, a sign, eleven digits.',
    outcome: 'It is refused, however it was signed.',
    guard: 'A time has ten digits and nothing else.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: 'const TIMESTAMP = /^[0-9]{10}$/;',
      to: 'const TIMESTAMP = /^.+$/;',
    },
  },
  {
    row: 'B39',
    what: 'Two signatures in one request.',
    outcome: 'It is refused.',
    guard: 'A header that is there twice is none.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: 'return more.length === 0 ? value : undefined;',
      to: 'return more.at(-1) ?? value;',
    },
  },
  {
    row: 'B40',
    what: 'A body that is said to be in base64 and is not, or the other way round.',
    outcome: 'Its signature does not fit.',
    guard: 'How a body is written its flag says, never its looks.',
    file: 'shared/interaction/http-event.ts',
    takeOut: {
      from: "Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8')",
      to: "Buffer.from(body, isBase64Encoded && /^[A-Za-z0-9+/]+=*$/.test(body) ? 'base64' : 'utf8')",
    },
  },
  {
    row: 'B41',
    what: 'A body with a byte-order mark, with line breaks of any kind, with bytes that are no text.',
    outcome: 'It is taken as it was signed, and refused when anything of that was changed on the way.',
    guard: 'The bytes are signed, not the text that they make.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: '.update(body)',
      to: '.update(new TextDecoder().decode(body))',
    },
  },
  {
    row: 'B42',
    what: 'A click as JSON, which Slack sends as a form.',
    outcome: 'It is refused with a 400.',
    guard: 'JSON is a challenge or nothing.',
    file: 'shared/interaction/read-interaction.ts',
    takeOut: {
      from: ": senseless('it is an event');",
      to: ': readForm(new URLSearchParams({ payload: text }));',
    },
  },
  {
    row: 'B43',
    what: 'A form without a payload, with two, or with one that is no JSON.',
    outcome: 'It is refused with a 400.',
    guard: 'There is one payload, or none is read.',
    file: 'shared/interaction/read-interaction.ts',
    takeOut: {
      from: 'if (more.length > 0) {',
      to: "if (more.includes('')) {",
    },
  },
  {
    row: 'B44',
    what: 'A payload of a type that nobody asked for.',
    outcome: 'It is refused with a 400.',
    guard: 'Its type says what a payload is, not what is in it.',
    file: 'shared/interaction/read-interaction.ts',
    takeOut: {
      from: 'const parsed = v.safeParse(Payload, parseJson(payload));',
      to: "const parsed = v.safeParse(Payload, Object.assign({}, parseJson(payload), { type: 'block_actions' }));",
    },
  },
  {
    row: 'B45',
    what: 'A click with no action, or with two.',
    outcome: 'It is refused with a 400.',
    guard: 'A click is one action.',
    file: 'shared/interaction/read-interaction.ts',
    takeOut: {
      from: 'actions: v.strictTuple([Action]),',
      to: 'actions: v.tuple([Action]),',
    },
  },
  {
    row: 'B46',
    what: 'A button that nobody knows.',
    outcome: 'It is refused with a 400.',
    guard: 'Only buttons that are listed mean anything.',
    file: 'shared/interaction/read-interaction.ts',
    takeOut: {
      from: 'const button = BUTTONS.get(id);',
      to: "const button = BUTTONS.get(id) ?? { verdict: 'approve', asks: false };",
    },
  },
  {
    row: 'B47',
    what: 'A button whose value was tampered with: no gate’s id, or another gate’s.',
    outcome:
      'What is no id is refused with a 400. Another gate’s does not count: it was not clicked in that gate’s message.',
    guard: 'An id has the form of one.',
    file: 'shared/interaction/read-interaction.ts',
    takeOut: {
      from: String.raw`const Gate = v.pipe(v.string(), v.regex(/^[\w-]{22}$/));`,
      to: 'const Gate = v.pipe(v.string(), v.nonEmpty());',
    },
  },
  {
    row: 'B48',
    what: 'A click in another app.',
    outcome: 'It is refused with a 403, and `decide` would not count it.',
    guard: 'A click names the app of `gatehouse.yml`, where that names one.',
    file: 'functions/interact/interact.ts',
    takeOut: {
      from: 'if (team !== deps.team || (deps.app !== undefined && app !== deps.app)) {',
      to: 'if (team !== deps.team) {',
    },
  },
  {
    row: 'B49',
    what: 'A click in another workspace or in an organisation as a whole, or by a person of another one.',
    outcome: 'It is refused with a 403, and `decide` tells a person of another workspace that they do not decide here.',
    guard: 'A click names the workspace of `gatehouse.yml`.',
    file: 'functions/interact/interact.ts',
    takeOut: {
      from: 'if (team !== deps.team || (deps.app !== undefined && app !== deps.app)) {',
      to: 'if (deps.app !== undefined && app !== deps.app) {',
    },
  },
  {
    row: 'B50',
    what: 'A click on another message than the one that asks.',
    outcome: 'It does not count, and whoever clicked is told so: others could post buttons that look the same.',
    guard: 'The message that was clicked is the one on record.',
    file: 'functions/decide/decide.ts',
    takeOut: {
      from: 'if (shownThere.ts !== vote.ts) {',
      to: "if (vote.ts === '') {",
    },
  },
  {
    row: 'B51',
    what: 'A body of a megabyte.',
    outcome: 'It is refused before anything of it is looked at.',
    guard: 'A body has 64 KB at most.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: 'const MOST_BODY_BYTES = 64 * 1024;',
      to: 'const MOST_BODY_BYTES = 64 * 1024 * 1024;',
    },
  },
  {
    row: 'B52',
    what: 'A compressed body.',
    outcome: 'It is refused with a 400.',
    guard: 'Nothing is unpacked.',
    file: 'shared/interaction/read-interaction.ts',
    takeOut: {
      from: "return readForm(new URLSearchParams(body.toString('utf8')));",
      to: "return readForm(new URLSearchParams((body[0] === 0x1f ? process.getBuiltinModule('node:zlib').gunzipSync(body) : body).toString('utf8')));",
    },
  },
  {
    row: 'B53',
    what: 'GET, HEAD, OPTIONS and whatever else is not POST.',
    outcome:
      'The API knows no such route, and the function would refuse it: nothing happens when an address is only followed.',
    guard: 'The method is looked at first.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: "if (method !== 'POST') {",
      to: "if (method === '') {",
    },
  },
  {
    row: 'B54',
    what: 'A check of the certificate that is not signed.',
    outcome: 'It is refused like everything else that is not signed.',
    guard: 'The signature comes before what a request is about.',
    file: 'functions/interact/interact.ts',
    takeOut: {
      from: 'if (refusal !== undefined) {',
      to: "if (refusal !== undefined && !request.body.toString().startsWith('ssl_check=1')) {",
    },
  },
  {
    row: 'B55',
    what: 'A challenge that is not signed.',
    outcome: 'It is refused like everything else that is not signed.',
    guard: 'The signature comes before what a request is about.',
    file: 'functions/interact/interact.ts',
    takeOut: {
      from: 'if (refusal !== undefined) {',
      to: "if (refusal !== undefined && !request.body.toString().includes('url_verification')) {",
    },
  },
  {
    row: 'B56',
    what: 'Slack repeats a request, and says so in headers.',
    outcome: 'It is taken as the first was, under the same name, by which it counts once.',
    guard: 'A click is named by Slack’s own name for it.',
    file: 'shared/interaction/read-interaction.ts',
    takeOut: {
      from: "step: 'button', by: voterOf(click), app: told.app, key },",
      to: "step: 'button', by: voterOf(click), app: told.app, key: String(Math.random()) },",
    },
  },

  {
    row: 'S1',
    what: 'A request that Slack has signed; and the one that Slack’s documentation publishes.',
    outcome: 'It is taken.',
    guard: 'Version, time and body are signed, with colons between them.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: '.update(`v0:${timestamp}:`)',
      to: '.update(`v0:${Number(timestamp)}`)',
    },
  },
  {
    row: 'S2',
    what: 'A request of which one bit is another: of the body, the time, the signature or the secret.',
    outcome: 'It is refused.',
    guard: 'A signature fits, or nothing is taken.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: "return fits.includes(true) ? undefined : 'signature';",
      to: "return fits.length > 0 ? undefined : 'signature';",
    },
  },
  {
    row: 'S3',
    what: 'A request that was signed more than five minutes ago, or in the future.',
    outcome: 'It is refused; up to five minutes either way it is taken.',
    guard: 'Clocks may differ in both directions, and by five minutes.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: 'Math.abs(Math.floor(now / 1000) - Number(timestamp)) > MOST_SKEW_SECONDS',
      to: 'Math.floor(now / 1000) - Number(timestamp) > MOST_SKEW_SECONDS',
    },
  },
  {
    row: 'S4',
    what: 'A part of the body is moved into the time, so that the same bytes are signed.',
    outcome: 'It is refused.',
    guard: 'A time has ten digits and nothing else, to its very end.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: 'const TIMESTAMP = /^[0-9]{10}$/;',
      to: 'const TIMESTAMP = /^[0-9]{10}.*$/;',
    },
  },
  {
    row: 'S5',
    what: 'Headers that are missing, there twice, or written in another case.',
    outcome: 'Case makes no difference; what is missing or there twice is refused.',
    guard: 'Names of headers are compared without their case.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: 'key.toLowerCase() === name',
      to: 'key === name',
    },
  },
  {
    row: 'S6',
    what: 'Signatures and times that are written in any other way than Slack’s.',
    outcome: 'They are refused.',
    guard: 'A signature is read as Slack writes it.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: 'const SIGNATURE = /^v0=([0-9a-f]{64})$/;',
      to: String.raw`const SIGNATURE = /^\s*v?\d?=?([0-9a-f]+)\s*$/i;`,
    },
  },
  {
    row: 'S7',
    what: 'A body in base64, with text of any script in it.',
    outcome: 'It is taken, and a reason is what was typed.',
    guard: 'A body in base64 is taken for bytes.',
    file: 'shared/interaction/http-event.ts',
    takeOut: {
      from: "Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8')",
      to: 'Buffer.from(isBase64Encoded ? atob(body) : body)',
    },
  },
  {
    row: 'S8',
    what: 'Two signing secrets while one takes the other’s place.',
    outcome: 'Both are good, and the old one no longer than it is there.',
    guard: 'The previous secret is read beside the new one.',
    file: 'shared/aws/slack-secrets.ts',
    takeOut: {
      from: '...(previous ? [previous] : [])',
      to: "...(previous === '' ? [previous] : [])",
    },
  },
  {
    row: 'S9',
    what: 'A signing secret that is missing or empty, with which anybody could sign.',
    outcome: 'Nothing is taken.',
    guard: 'Without a secret nothing is compared.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: "if (secrets.length === 0 || secrets.includes('')) {",
      to: 'if (secrets.length > 9) {',
    },
  },
  {
    row: 'S10',
    what: 'A signed request is replayed.',
    outcome:
      'Within five minutes it is one vote more by the same name, which counts once; later it is refused by its time.',
    guard: 'A gate keeps the names of the clicks that it took.',
    file: 'shared/gate/gate.ts',
    takeOut: {
      from: 'gate.clicks.find(({ key, user }) => key === click.key && user === click.user)',
      to: "gate.clicks.find(({ key }) => key === '')",
    },
  },
  {
    row: 'S11',
    what: 'A check of the certificate that is not signed.',
    outcome: 'It is refused with a 401; a signed one is acknowledged.',
    guard: 'The signature comes before what a request is about.',
    file: 'functions/interact/interact.ts',
    takeOut: {
      from: 'if (refusal !== undefined) {',
      to: "if (refusal !== undefined && !request.body.toString().startsWith('ssl_check=1')) {",
    },
  },
  {
    row: 'S12',
    what: 'A body that is too large, or compressed.',
    outcome: 'It is refused: by its size before any computation, and unread when it is compressed.',
    guard: 'The size is looked at before the signature.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: 'if (body.length > MOST_BODY_BYTES) {',
      to: 'if (body.length > 16 * MOST_BODY_BYTES) {',
    },
  },
  {
    row: 'S13',
    what: 'A request fails, in whatever way.',
    outcome: 'Nothing of its body, signature, trigger or token is in the log.',
    guard: 'What makes no sense is told by its kind, never by its words.',
    file: 'shared/interaction/read-interaction.ts',
    takeOut: {
      from: "return senseless('its payload is not one that Gatehouse asks for');",
      to: 'return senseless(`its payload is not one that Gatehouse asks for: ${payload}`);',
    },
  },
  {
    row: 'S14',
    what: 'Somebody measures how long it takes to refuse a signature.',
    outcome: 'It takes the same time whatever is wrong with it; other lengths are refused before, and nothing throws.',
    guard: 'Signatures are compared in constant time.',
    file: 'shared/interaction/verify-request.ts',
    takeOut: {
      from: 'timingSafeEqual(\n      given,',
      to: 'given.equals(',
    },
  },
  {
    row: 'S15',
    what: 'Somebody clicks who may not decide: named by no rule, of another workspace, a bot, a guest, elsewhere.',
    outcome: 'Their click does not count; it is on record, and they alone are told why and who could decide.',
    guard: 'Nobody may unless a rule names them.',
    file: 'shared/gate/standing.ts',
    takeOut: {
      from: 'if (!policy.rules.some((rule) => isIn(rule, members, user))) {',
      to: 'if (policy.rules.length === 0) {',
    },
  },
  {
    row: 'S16',
    what: 'A click that names another app, workspace, channel or message.',
    outcome: 'It does not count.',
    guard: 'The message is looked for in the channel where it was clicked.',
    file: 'functions/decide/decide.ts',
    takeOut: {
      from: "if (shownThere === undefined) {\n    return 'other-message';",
      to: 'if (shownThere === undefined) {\n    return undefined;',
    },
  },
  {
    row: 'S17',
    what: 'A button’s value is changed for another gate’s id.',
    outcome: 'It does not count: each gate’s buttons are in its own message.',
    guard: 'The message that was clicked is the one on record for that gate.',
    file: 'functions/decide/decide.ts',
    takeOut: {
      from: 'if (shownThere.ts !== vote.ts) {',
      to: "if (vote.ts === '') {",
    },
  },
  {
    row: 'S18',
    what: 'Another execution has come to the approval, and an old message is clicked.',
    outcome: 'Nothing but the execution that was shown is decided.',
    guard: 'The state of a stage counts only when it is about that execution.',
    file: 'shared/aws/pipeline-approvals.ts',
    takeOut: {
      from: 'action?.actionExecutionId === point.actionExecutionId &&\n    stage?.latestExecution?.pipelineExecutionId === point.rollout.executionId;',
      to: 'action?.actionExecutionId === point.actionExecutionId;',
    },
  },
  {
    row: 'S19',
    what: 'A stage was retried, and waits with a new token.',
    outcome: 'The old approval is over; the new token is used for the new one only.',
    guard: 'The state of an action counts only when it is about that action execution.',
    file: 'shared/aws/pipeline-approvals.ts',
    takeOut: {
      from: 'action?.actionExecutionId === point.actionExecutionId &&\n',
      to: 'action?.actionExecutionId !== undefined &&\n',
    },
  },
  {
    row: 'S20',
    what: 'A pipeline in PARALLEL mode, where several approvals of one action wait at once.',
    outcome: 'Each has its own token and is decided by itself.',
    guard: 'Where the state shows no token, the action’s own entry in the list does.',
    file: 'shared/aws/pipeline-approvals.ts',
    takeOut: {
      from: 'waitingBy(known ?? detail.output?.executionResult?.externalExecutionId)',
      to: 'waitingBy(known)',
    },
  },
  {
    row: 'S21',
    what: 'Two opposite clicks, with their reads and writes in any order.',
    outcome: 'One decision, one call, and the other person is told who decided.',
    guard: 'What was decided once is not decided again.',
    file: 'shared/gate/gate.ts',
    takeOut: {
      from: "const why = gate.state.kind === 'open' ? refusal : 'over';",
      to: 'const why = refusal;',
    },
  },
  {
    row: 'S22',
    what: 'Slack does not say who is in a user group.',
    outcome: 'Nobody decides by it; they are told to click again in a minute.',
    guard: 'Who is in a group that nobody could read is nobody.',
    file: 'shared/gate/tally.ts',
    takeOut: {
      from: 'members.get(group)?.has(user) === true',
      to: 'members.get(group)?.has(user) !== false',
    },
  },
  {
    row: 'S23',
    what: 'A person of another workspace clicks in a channel that is shared with it.',
    outcome: 'Their click does not count, though a rule should name them.',
    guard: 'Approvers are of the workspace of `gatehouse.yml`.',
    file: 'shared/gate/standing.ts',
    takeOut: {
      from: 'if (team !== workspace) {',
      to: "if (team === '') {",
    },
  },
  {
    row: 'S24',
    what: 'A bug, or a stolen role, has AWS told of an approval that no gate is about.',
    outcome: 'IAM refuses it: `decide` alone may, and only where `gatehouse.yml` has a gate.',
    guard: 'What `decide` may do is made from the gates, action by action.',
    file: 'scripts/read-permissions.ts',
    takeOut: {
      from: 'all(pipeline).flatMap((name) => all(stage)',
      to: 'all().flatMap((name) => all(stage)',
    },
  },
  {
    row: 'S25',
    what: 'An approver is taken off the list between the click and the call.',
    outcome: 'The decision is taken back, and the gate is open again.',
    guard: 'Votes are counted again right before the call.',
    file: 'functions/decide/decide.ts',
    takeOut: {
      from: 'if (tallyOf(policy ?? NOBODY, members, gate.clicks, decision.byRule).verdict !== decision.verdict) {',
      to: 'if (policy === undefined && tallyOf(NOBODY, members, gate.clicks).verdict !== decision.verdict) {',
    },
  },
  {
    row: 'S26',
    what: 'A reason with mentions, links, markup or line breaks in it.',
    outcome: 'It is shown as the text that it is, and notifies nobody.',
    guard: 'Strangers’ words are escaped where Slack would read something into them.',
    file: 'shared/message/gate-note-message.ts',
    takeOut: {
      from: "escapeMrkdwn(why === '' ? says : `${says}: ${why}`, 600)",
      to: "why === '' ? escapeMrkdwn(says, 600) : `${says}: ${why}`.slice(0, 600)",
    },
  },
  {
    row: 'S27',
    what: 'A click after the time to decide is over.',
    outcome: 'It does not count, and whoever clicked is told that the time is over.',
    guard: 'Only what the platform calls in progress can be decided.',
    file: 'shared/aws/pipeline-approvals.ts',
    takeOut: {
      from: "if (status === 'InProgress') {\n    return { kind: 'pending'",
      to: "if (status !== 'Succeeded') {\n    return { kind: 'pending'",
    },
  },
  {
    row: 'S47',
    what: 'A rule that approves goes by a validation of which nothing was heard.',
    outcome: 'It approves nothing: what nobody knows does not hold.',
    guard: 'Of what is to have ended well there has to be something.',
    file: 'shared/gate/approve-by-rule.ts',
    takeOut: {
      from: 'return runs.length > 0 && runs.every(isGood)',
      to: 'return runs.every(isGood)',
    },
  },
  {
    row: 'S48',
    what: 'Somebody rejects what a rule approves, where one rejection does not suffice.',
    outcome: 'The rule fills nothing any more, and people decide.',
    guard: 'What approves by rule counts only where nobody has rejected.',
    file: 'shared/gate/tally.ts',
    takeOut: {
      from: 'const filling = isContested ? [] : fillersOf(policy, approvals);',
      to: 'const filling = isContested && rules.length === 0 ? [] : fillersOf(policy, approvals);',
    },
  },
  {
    row: 'S49',
    what: 'A rule that has approved is taken out of `gatehouse.yml` before AWS is told.',
    outcome: 'The decision is taken back, and the gate is open again.',
    guard: 'Right before the call it is asked whether the policy still has the rule.',
    file: 'functions/decide/decide.ts',
    takeOut: {
      from: "if (decision.why === 'votes' || decision.why === 'policy') {",
      to: "if (decision.why === 'votes') {",
    },
  },
  {
    row: 'S50',
    what: 'AWS does not tell what it is that a rule would approve.',
    outcome: 'It approves nothing until that is on record; people may.',
    guard: 'No rule is asked before the revision was looked up.',
    file: 'functions/decide/decide.ts',
    takeOut: {
      from: "state.kind !== 'open' || about === undefined || !isDecidable(point, seen)",
      to: "state.kind !== 'open' || !isDecidable(point, seen)",
    },
  },
  {
    row: 'S51',
    what: 'A rule would approve what a session of a certain name has started: anybody who may assume any role can call theirs so.',
    outcome: '`gatehouse.yml` is refused, and says to name the role.',
    guard: 'An ARN of sessions has to name the role.',
    file: 'scripts/config/auto-yml.ts',
    takeOut: {
      from: 'return ANY_ROLE.test(arn)',
      to: "return arn === ''",
    },
  },
];
