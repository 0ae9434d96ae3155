/** What the buttons of a gate's message are called: `interact` knows by it what a click is, and reads nothing else. */
export const APPROVE = 'gate.approve';
export const APPROVE_IN_MODAL = 'gate.approve-in-modal';
export const REJECT_IN_MODAL = 'gate.reject-in-modal';
