/** A message as a consumer gets it. */
export type Received = { readonly id: string; readonly body: string; readonly receipt: string };

/** A queue with the manners of SQS. */
export type MemoryQueue = {
  readonly send: (body: string, options?: { readonly id?: string; readonly group?: string }) => string;
  /** Hands out what is visible, at most so much, and hides it for a while. */
  readonly receive: (most: number) => readonly Received[];
  /** Takes a message out. The receipt of an earlier hand-out does nothing. */
  readonly remove: (receipt: string) => void;
  /** Messages that are waiting or handed out. */
  readonly size: () => number;
  readonly deadLetters: () => readonly string[];
};

export type QueueOptions = {
  readonly name: string;
  /** FIFO: messages of one group are handed out in their order, and no more of them before those are done with. */
  readonly fifo: boolean;
  readonly now: () => number;
  readonly visibilityMs: () => number;
  readonly maxReceives: number;
  /** Told when there may be something to receive after so many milliseconds. */
  readonly onVisible: (afterMs: number) => void;
};

type Message = {
  readonly id: string;
  readonly body: string;
  readonly group: string | undefined;
  readonly receives: number;
  readonly visibleAt: number;
  readonly receipt: string | undefined;
};

export const createMemoryQueue = (options: QueueOptions): MemoryQueue => {
  const { name, fifo, now, visibilityMs, maxReceives, onVisible } = options;
  const messages = new Map<string, Message>();
  const dead: string[] = [];
  let sent = 0;
  let received = 0;

  /** What may be handed out: of a queue that knows groups nothing behind a message that is out. */
  const candidates = (): readonly Message[] => {
    const held = new Set<string | undefined>();
    return [...messages.values()].filter(({ group, visibleAt }) => {
      const isHidden = visibleAt > now();
      if (fifo && isHidden) {
        held.add(group);
      }
      return !isHidden && !(fifo && held.has(group));
    });
  };

  const handOut = (message: Message): readonly Received[] => {
    if (message.receives >= maxReceives) {
      messages.delete(message.id);
      dead.push(message.body);
      return [];
    }
    received += 1;
    const receipt = `${message.id}/${received}`;
    const hiddenFor = visibilityMs();
    messages.set(message.id, {
      ...message,
      receives: message.receives + 1,
      visibleAt: now() + hiddenFor,
      receipt,
    });
    onVisible(hiddenFor);
    return [{ id: message.id, body: message.body, receipt }];
  };

  return {
    send: (body, { id = `${name}-${sent + 1}`, group } = {}) => {
      sent += 1;
      messages.set(id, { id, body, group, receives: 0, visibleAt: now(), receipt: undefined });
      onVisible(0);
      return id;
    },
    receive: (most) => candidates().slice(0, most).flatMap(handOut),
    remove: (receipt) => {
      const id = receipt.slice(0, receipt.lastIndexOf('/'));
      if (messages.get(id)?.receipt === receipt) {
        messages.delete(id);
        onVisible(0);
      }
    },
    size: () => messages.size,
    deadLetters: () => dead,
  };
};
