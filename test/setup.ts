import fc from 'fast-check';

/**
 * Properties are tried on the same inputs each time, so that what is green stays green until somebody changes something.
 * Look further with `FC_SEED=$RANDOM npm test`; a failure prints its seed.
 */
fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 20_261_123) });
