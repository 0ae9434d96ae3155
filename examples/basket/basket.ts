import { webServer } from '../web/web-server.ts';

/** The task definitions of the service `basket`, which ECS deploys by itself, each with what runs in its tasks. */
export const basketVersions = {
  'basket:1': webServer('Basket', '1', { status: 200, body: { status: 'ok' } }),
  /** Good. */
  'basket:2': webServer('Basket', '2', { status: 200, body: { status: 'ok' } }),
  /** Bad: it cannot keep what is put into it. */
  'basket:3': webServer('Basket', '3', { status: 500, body: { status: 'the store of baskets is read-only' } }),
} as const;
