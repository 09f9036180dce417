/** What samples are written in, in the order of the tabs that show them. */
export const sampleLanguages = ['java', 'python', 'go', 'nodejs', 'php', 'curl', 'terraform'] as const;
export type SampleLanguage = (typeof sampleLanguages)[number];
