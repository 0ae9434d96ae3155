import type { ChangeItem, Step } from '../store/change-item.ts';
import { deliveryKey } from '../store/keys.ts';
import type { DeliveryPlace } from '../store/keys.ts';
import { deliveryItem } from './delivery.ts';
import type { Delivery } from './delivery.ts';
import type { WakeUp } from './wake-up.ts';

/** What is wanted of a delivery; the transition's outcome says whether it was at rest. */
type Want = {
  readonly place: DeliveryPlace;
  readonly transition: (delivery: Delivery | undefined) => Step<Delivery, boolean>;
};

/** Asks for deliveries, and sends one wake-up for each that was at rest. */
export const askFor = async (
  {
    changeItem,
    wakeUp,
  }: { readonly changeItem: ChangeItem; readonly wakeUp: (wakeUps: readonly WakeUp[]) => Promise<void> },
  wants: readonly Want[],
): Promise<void> => {
  const asked = await Promise.all(
    wants.map(async ({ place, transition }) => {
      const { outcome: atRest } = await changeItem(deliveryKey(place), deliveryItem, transition);
      return atRest ? [place] : [];
    }),
  );
  const due = asked.flat();
  if (due.length > 0) {
    await wakeUp(due);
  }
};
