import { createScreen } from './screen.ts';
import { startStack } from './stack.ts';

/** A stack for the one invocation of `serverless invoke local`. */
export type Invocation = {
  /** The environment of a deployed function, as the stack has it. */
  readonly environmentOf: (functionName: string) => Readonly<Record<string, string>>;
  /** Waits for what the invocation set off, draws what people see of it, and ends the stack. */
  readonly finish: () => Promise<void>;
};

/** Starts the embedded stack on free ports, so that a bundled function can be called with nothing else running. */
export const startInvocation = async (options: {
  readonly root: string;
  readonly stage: string;
  readonly print: (text: string) => void;
}): Promise<Invocation> => {
  const { root, stage, print } = options;
  let nameOf = (id: string): string => id;
  const screen = createScreen({ print, nameOf: (id) => nameOf(id), colours: process.stdout.isTTY });
  const stack = await startStack({
    root,
    stage,
    ports: { aws: 0, slack: 0 },
    functions: true,
    schedules: false,
    log: print,
    ...screen,
  });
  nameOf = (id) => Object.entries(stack.channels).find(([, channel]) => channel === id)?.[0] ?? id;
  return {
    environmentOf: (functionName) => {
      const environment = stack.environmentOf(functionName);
      if (environment === undefined) {
        throw new Error(`serverless.yml has no function ${functionName}`);
      }
      return environment;
    },
    finish: async () => {
      await stack.idle();
      const { messages, mails } = screen.seen();
      print(`Seen: ${messages} in Slack, ${mails} by mail.`);
      await stack.stop();
    },
  };
};
