/** Says whether a database keeps every character of a text. */
export type CharacterCheck = (text: string) => boolean;

/** Sets of Oracle that hold all of Unicode. */
const fullSets: ReadonlySet<string> = new Set(['AL32UTF8', 'UTF8', 'ZHS32GB18030', 'UTFE']);

/** Others that the runtime has a table of, by its name for it. */
const decodedAs: Readonly<Record<string, { readonly label: string; readonly isDouble: boolean }>> = {
  WE8MSWIN1252: { label: 'windows-1252', isDouble: false },
  EE8MSWIN1250: { label: 'windows-1250', isDouble: false },
  CL8MSWIN1251: { label: 'windows-1251', isDouble: false },
  WE8ISO8859P15: { label: 'iso-8859-15', isDouble: false },
  ZHS16GBK: { label: 'gbk', isDouble: true },
};

const isAscii: CharacterCheck = (text) => {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
};
const isLatin1: CharacterCheck = (text) => {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0xff) return false;
  return true;
};

const tables = new Map<string, ReadonlySet<string>>();

function tableOf({
  label,
  isDouble,
}: {
  readonly label: string;
  readonly isDouble: boolean;
}): ReadonlySet<string> {
  const known = tables.get(label);
  if (known !== undefined) return known;
  const decoder = new TextDecoder(label);
  const held = new Set<string>();
  for (let first = 0x80; first < 0x100; first++) {
    if (!isDouble) held.add(decoder.decode(Uint8Array.of(first)));
    else
      for (let second = 0x40; second < 0xff; second++) held.add(decoder.decode(Uint8Array.of(first, second)));
  }
  held.delete('\ufffd');
  tables.set(label, held);
  return held;
}

/** Whether a set holds all of Unicode, so that nothing can be lost in it. */
export function isFullSet(name: string): boolean {
  return fullSets.has(name);
}

/**
 * Oracle puts a question mark in the place of what its character set does not have, without a word: such a text must not be sent. Of a
 * set that nobody here knows, only ASCII is certain.
 * @param name as NLS_DATABASE_PARAMETERS has it.
 */
export function checkFor(name: string): CharacterCheck {
  if (isFullSet(name)) return (text) => text.isWellFormed();
  if (name === 'WE8ISO8859P1') return isLatin1;
  const known = decodedAs[name];
  if (known === undefined) return isAscii;
  const held = tableOf(known);
  return (text) => {
    if (isAscii(text)) return true;
    for (const character of text) if (character > '\u007f' && !held.has(character)) return false;
    return true;
  };
}
