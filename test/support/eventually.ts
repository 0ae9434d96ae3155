import { setTimeout as wait } from 'node:timers/promises';

/** Reads until what is read is as it should be; gives what it is after 20 seconds all the same. */
export const eventually = async <Value>(
  read: () => Promise<Value>,
  holds: (value: Value) => boolean,
): Promise<Value> => {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const value = await read();
    if (holds(value) || Date.now() > deadline) {
      return value;
    }
    await wait(50);
  }
};
