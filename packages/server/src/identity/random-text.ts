import { hash, randomBytes, randomInt } from 'node:crypto';

const idBytes = 16;
const akLength = 20;
const skLength = 40;
const passwordLength = 24;
/** 384 bits; long enough that guessing is no way in, short enough for a header. */
const secretTokenBytes = 48;

const capitalsAndDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const lettersAndDigits = `${capitalsAndDigits}abcdefghijklmnopqrstuvwxyz`;
/** Without characters that are mistaken for each other when read aloud or off a screen. */
const readable = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/** 32 lower-case hex digits. */
export const newId = (): string => randomBytes(idBytes).toString('hex');
/** 20 capitals and digits. */
export const newAccessKey = (): string => randomText(capitalsAndDigits, akLength);
/** 40 letters and digits. */
export const newSecretKey = (): string => randomText(lettersAndDigits, skLength);
export const newPassword = (): string => randomText(readable, passwordLength);
/** A token for X-Auth-Token or X-Security-Token: printable, without blanks, without meaning. */
export const newSecretToken = (): string => randomBytes(secretTokenBytes).toString('base64url');

/** SHA-256 in hex: all that is stored of a token. A plain hash is enough because a token is random and long. */
export function hashToken(token: string): string {
  return hash('sha256', token, 'hex');
}

function randomText(alphabet: string, length: number): string {
  let text = '';
  for (let i = 0; i < length; i += 1) text += alphabet.charAt(randomInt(alphabet.length));
  return text;
}
