import fc from 'fast-check';

// A property that holds is tried for so long at most: with a mutant in it some never end, and all are tried thousands of
// times. As a plugin it would be installed once more with every file and every mutant, and never be taken out.
const limits = { interruptAfterTimeLimit: 300 };

fc.configureGlobal({ ...fc.readConfigureGlobal(), ...limits });
