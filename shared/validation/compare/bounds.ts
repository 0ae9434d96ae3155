/** Between what something lies, each bound at the stated level by itself. */
export type Bounds = { readonly lo: number; readonly hi: number };
