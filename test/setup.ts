import fc from 'fast-check';

/**
 * Properties are tried on the same inputs each time, so that what is green stays green until somebody changes something.
 * Look further with `FC_SEED=$RANDOM npm test`; a failure prints its seed. `FC_RUNS=5000` has the whole path of events
 * (test/unit/functions/hostile-events.test.ts) tried more often.
 */
fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 20_261_123) });
