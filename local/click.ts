import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { print, runCommand, tell, UsageError } from './command.ts';
import { buttonsOf, inputsOf, meetSlack, NotPossible } from './slack/slack-actor.ts';
import type { Answer, Message, Modal, SlackActor } from './slack/slack-actor.ts';
import { drawModal } from './terminal/draw-modal.ts';
import { drawSlackMessage } from './terminal/draw-slack-message.ts';

const HELP = `Clicks in the Slack of npm start as a person would, from a second terminal, and prints what Slack shows then.

  npm run click -- approve [MESSAGE] --as USER [--note TEXT]
  npm run click -- reject [MESSAGE] --as USER --note TEXT

MESSAGE is a part of the message's text, or its ts; without it, the newest message that can be decided. USER is a name or
an id: ada, U0ADA.

  --note TEXT      what is typed into the modal
  --port PORT      of the local stack's AWS, as npm start was told (4566); Slack is on the port after it
  --slack URL      where Slack is, instead: "slack" of npm start -- --json
  --help           this text

Exit code: 0 Slack shows something new, 1 that could not be done or nothing came of it, 2 usage.`;

/** Buttons by action_id, the first that a message has is clicked. */
const BUTTONS = {
  approve: ['gate.approve', 'gate.approve-in-modal'],
  'approve with a note': ['gate.approve-in-modal'],
  reject: ['gate.reject-in-modal'],
} as const;

type Options = {
  readonly help: boolean;
  readonly wish: keyof typeof BUTTONS;
  readonly message: string | undefined;
  readonly user: string;
  readonly note: string | undefined;
  readonly slack: string;
};

const Verb = v.picklist(['approve', 'reject'], 'Say approve or reject');
const Port = v.pipe(
  v.string(),
  v.regex(/^\d{1,5}$/, '--port takes a number'),
  v.transform(Number),
  v.minValue(1, '--port takes a number from 1 on; where npm start chose itself, use --slack'),
  v.maxValue(65_534, '--port takes a number up to 65534'),
);

const readOptions = (args: readonly string[]): Options => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      as: { type: 'string' },
      note: { type: 'string' },
      port: { type: 'string', default: '4566' },
      slack: { type: 'string' },
    },
  });
  const { help, as: user, note, port } = values;
  if (help) {
    return { help, wish: 'approve', message: undefined, user: '', note, slack: '' };
  }
  const [word, message, ...rest] = positionals;
  const verb = v.parse(Verb, word);
  if (rest.length > 0) {
    throw new UsageError('Name one MESSAGE; put a text with spaces in quotes');
  }
  if (user === undefined || user === '') {
    throw new UsageError('Say who clicks: --as USER');
  }
  const slack = values.slack ?? `http://127.0.0.1:${v.parse(Port, port) + 1}`;
  if (!URL.canParse(slack)) {
    throw new UsageError('--slack takes a URL');
  }
  const wish = verb === 'approve' && note !== undefined ? 'approve with a note' : verb;
  return { help, wish, message, user, note, slack: new URL(slack).origin };
};

/** How long to look for what comes of a click. */
const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 100;

const run = async ({ wish, message: wanted, user, note, slack }: Options): Promise<number> => {
  const actor = await meetSlack(slack);
  const names = new Map(Object.entries(actor.discovery.channels).map(([name, id]) => [id, name]));
  const person = actor.discovery.users.find(({ id }) => id === user)?.name ?? user.replace(/^@/, '');
  const colours = process.stdout.isTTY;

  const seenBefore = (await actor.ephemeralsOf(user)).length;
  const { message, button } = await findMessage(actor, wish, wanted);
  tell(`${person} clicks "${button.text}": ${message.text}`);
  const { answer, asked, modal } = await actor.click(user, message, button.id);
  if (asked !== undefined) {
    tell(`Slack asks "${asked}", and ${person} says yes.`);
  }
  taken(answer);
  if (modal !== undefined) {
    print(drawModal(modal.view, person, colours));
    await submit(actor, user, modal, note);
  } else if (note !== undefined) {
    throw new NotPossible('No modal came up to type the note into.');
  }

  const before = JSON.stringify(message);
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const ephemerals = (await actor.ephemeralsOf(user)).slice(seenBefore);
    const now = (await actor.messagesOf(message.channel)).find(({ ts }) => ts === message.ts);
    if (ephemerals.length > 0 || JSON.stringify(now) !== before) {
      const channel = names.get(message.channel) ?? message.channel;
      for (const { message: said } of ephemerals) {
        print(drawSlackMessage({ channel, text: said.text, blocks: said.blocks, edits: 0, onlyFor: person }, colours));
      }
      print(
        now === undefined
          ? 'The message is gone.'
          : drawSlackMessage({ channel, text: now.text, blocks: now.blocks, edits: 0 }, colours),
      );
      return 0;
    }
    if (Date.now() > deadline) {
      tell(`The click was taken, and in ${PATIENCE_MS / 1000} seconds Slack showed nothing new.`);
      return 1;
    }
    await wait(LOOK_EVERY_MS);
  }
};

type Found = { readonly message: Message; readonly button: { readonly id: string; readonly text: string } };

/** The newest message that is meant and has the button. */
const findMessage = async (actor: SlackActor, wish: Options['wish'], wanted: string | undefined): Promise<Found> => {
  const everywhere = await Promise.all(Object.values(actor.discovery.channels).map(actor.messagesOf));
  const meant = everywhere
    .flat()
    .filter(({ ts, text }) => wanted === undefined || ts === wanted || text.includes(wanted))
    .sort((a, b) => Number(b.ts) - Number(a.ts));
  for (const message of meant) {
    for (const id of BUTTONS[wish]) {
      const button = buttonsOf(message).find(({ action_id }) => action_id === id);
      if (button !== undefined) {
        return { message, button: { id, text: button.text.text } };
      }
    }
  }
  const [newest] = meant;
  if (wanted === undefined || newest === undefined) {
    const which = wanted === undefined ? 'with a button' : `with "${wanted}" in its text`;
    throw new NotPossible(`There is no message ${which}${wanted === undefined ? ` to ${wish}` : ''}.`);
  }
  const buttons = buttonsOf(newest).map(({ text }) => text.text);
  const has = buttons.length === 0 ? 'it has no buttons' : `it has: ${buttons.join(', ')}`;
  throw new NotPossible(`The message "${newest.text}" has no button to ${wish}; ${has}.`);
};

/** Types the note into the first input, if there is one. */
const submit = async (actor: SlackActor, user: string, modal: Modal, note: string | undefined): Promise<void> => {
  const [input] = inputsOf(modal);
  if (input === undefined && note !== undefined) {
    throw new NotPossible('The modal has no input to type the note into.');
  }
  if (input !== undefined && !input.optional && note === undefined) {
    throw new NotPossible(`The modal wants "${input.label.text}": give it with --note TEXT.`);
  }
  const values = input === undefined || note === undefined ? {} : { [input.label.text]: note };
  const { answer, outcome } = await actor.submit(user, modal, values);
  taken(answer);
  switch (outcome.kind) {
    case 'closed':
    case 'updated':
      return;
    case 'errors':
      throw new NotPossible(
        Object.entries(outcome.errors)
          .map(([label, error]) => `${label}: ${error}`)
          .join('\n'),
      );
    case 'failed':
      throw new NotPossible(`Slack says that something went wrong: ${outcome.why}.`);
  }
};

/** Rejects an answer after which Slack shows a warning beside the button. */
const taken = (answer: Answer): void => {
  if (answer.kind === 'timed-out') {
    throw new NotPossible('Slack says that the app did not answer within three seconds.');
  }
  if (answer.status !== 200) {
    throw new NotPossible(`Slack says that the app answered with HTTP ${answer.status}.`);
  }
};

const exitCodeOf = (error: Error): number | undefined => (error instanceof NotPossible ? 1 : undefined);

process.exitCode = await runCommand({ help: HELP, readOptions, run, exitCodeOf });
