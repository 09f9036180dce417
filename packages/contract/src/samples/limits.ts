/** Longest body that samples are made for, in characters of its JSON. What is longer belongs into a file, not into a sample. */
export const bodyCharsMax = 65_536;

/** Longest text in a sample, in characters: a compiled Java class holds 65,535 bytes of one, and a character may take three. */
export const textCharsMax = 21_845;

/** How deep a body may be nested. */
export const bodyDepthMax = 32;
