import type { Language, Text } from '@sluice/core/data/text';

const reasons = {
  'unknown-parameter': {
    en: 'The operation has no such parameter: it is left out.',
    zh: '该操作没有此参数，已省略。',
  },
  'unknown-member': {
    en: 'The vendor’s package has no such member: it is left out.',
    zh: '厂商的开发包没有此成员，已省略。',
  },
  misfit: {
    en: 'The value does not have the type that is wanted here: it is left out.',
    zh: '取值与此处要求的类型不符，已省略。',
  },
  null: {
    en: 'The vendor’s packages do not send null: it is left out.',
    zh: '厂商的开发包不发送 null，已省略。',
  },
  missing: {
    en: 'The vendor’s package wants this member.',
    zh: '厂商的开发包要求提供此成员。',
  },
  'keys-only': {
    en: 'The vendor’s package signs with AK and SK; it cannot send a token.',
    zh: '厂商的开发包使用 AK/SK 签名，无法发送令牌。',
  },
} as const satisfies Readonly<Record<string, Text>>;

export type SampleNoteReason = keyof typeof reasons;

/** Where a sample differs from what was typed in. It never stands in the sample's source: `at` holds names that users chose. */
export interface SampleNote {
  readonly reason: SampleNoteReason;
  /** A parameter's name, or a place in the body: `jobs[0].name`. */
  readonly at: string;
}

export function noteText(reason: SampleNoteReason, language: Language): string {
  return reasons[reason][language];
}
