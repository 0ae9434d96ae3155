import { webServer } from './web-server.ts';

/** The task definitions of the service `web`, each with what runs in its tasks. */
export const webVersions = {
  'web:1': webServer('Web', '1', { status: 200, body: { status: 'ok' } }),
  /** Good. */
  'web:2': webServer('Web', '2', { status: 200, body: { status: 'ok' } }),
  /** Bad: it cannot reach what it needs. */
  'web:3': webServer('Web', '3', { status: 500, body: { status: 'no connection to the database' } }),
} as const;
