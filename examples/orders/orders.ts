/** What is asked of the function: its health, or to take an order. */
type Asked = {
  readonly path?: string;
  readonly items?: readonly Item[];
  readonly voucher?: { readonly percent: number };
};
type Item = { readonly sku: string; readonly quantity: number };
type Answer = { readonly statusCode: number; readonly body: Readonly<Record<string, unknown>> };

const PRICES: Readonly<Record<string, number>> = { tea: 4, coffee: 6, mug: 9 };

const totalOf = (items: readonly Item[]): number =>
  items.reduce((sum, { sku, quantity }) => sum + (PRICES[sku] ?? 0) * quantity, 0);

const notFound: Answer = { statusCode: 404, body: { error: 'There is nothing here.' } };

/** How many orders fill the memory of an environment. */
const FULL_AT = 650;

/** Lambda throws an environment away that has had nothing to do for a while. */
const IDLE_MS = 30_000;

let kept = { orders: 0, at: 0 };

const keepOrder = (now: number): number => {
  kept = { orders: now - kept.at > IDLE_MS ? 1 : kept.orders + 1, at: now };
  return kept.orders;
};

/**
 * The versions of the function `orders`. On Lambda each would be `export const handler = (event) => version(event, console.log)`.
 */
export const ordersVersions = {
  '1': ({ path, items = [] }: Asked, print: (line: string) => void): Answer => {
    switch (path) {
      case '/health':
        return { statusCode: 200, body: { status: 'ok', version: '1' } };
      case '/orders':
        print(`An order of ${items.length} items`);
        return { statusCode: 200, body: { total: totalOf(items) } };
      default:
        return notFound;
    }
  },

  /** Good: tells the currency, too. */
  '2': ({ path, items = [] }: Asked, print: (line: string) => void): Answer => {
    switch (path) {
      case '/health':
        return { statusCode: 200, body: { status: 'ok', version: '2' } };
      case '/orders':
        print(`An order of ${items.length} items`);
        return { statusCode: 200, body: { total: totalOf(items), currency: 'EUR' } };
      default:
        return notFound;
    }
  },

  /** Bad, and says so itself: it was built without the address of its database. */
  '3': ({ path }: Asked, print: (line: string) => void): Answer => {
    print('DATABASE_URL is not set');
    return path === '/health'
      ? { statusCode: 503, body: { status: 'no database', version: '3' } }
      : { statusCode: 500, body: { error: 'There is no database.' } };
  },

  /** Bad, and feels well: real orders have no voucher. */
  '4': ({ path, items = [], voucher }: Asked, print: (line: string) => void): Answer => {
    switch (path) {
      case '/health':
        return { statusCode: 200, body: { status: 'ok', version: '4' } };
      case '/orders': {
        print(`An order of ${items.length} items`);
        if (voucher === undefined) {
          throw new TypeError("Cannot read properties of undefined (reading 'percent')");
        }
        return { statusCode: 200, body: { total: totalOf(items) * (1 - voucher.percent / 100), currency: 'EUR' } };
      }
      default:
        return notFound;
    }
  },

  /** Bad, and well at first: what it keeps of each order fills its memory, the sooner the more traffic it has. */
  '5': ({ path, items = [] }: Asked, print: (line: string) => void): Answer => {
    switch (path) {
      case '/health':
        return { statusCode: 200, body: { status: 'ok', version: '5' } };
      case '/orders': {
        const kept = keepOrder(Date.now());
        print(`An order of ${items.length} items`);
        if (kept % (kept > FULL_AT ? 8 : 200) === 0) {
          throw new RangeError('Out of memory');
        }
        return { statusCode: 200, body: { total: totalOf(items), currency: 'EUR' } };
      }
      default:
        return notFound;
    }
  },
} as const;
