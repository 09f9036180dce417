/** A decimal text as its value, written one way: `-125e-2`; zero is `0`. null: no number. */
export function decimalOf(text: string): string | null {
  const parts = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text);
  if (parts === null) return null;
  const [, sign = '', whole = '', fraction = '', power = '0'] = parts;
  if (whole === '' && fraction === '') return null;
  let mantissa = BigInt(`${whole}${fraction}`);
  if (mantissa === 0n) return '0';
  let exponent = Number(power) - fraction.length;
  while (mantissa % 10n === 0n) {
    mantissa /= 10n;
    exponent += 1;
  }
  return `${sign === '-' ? '-' : ''}${mantissa}e${exponent}`;
}

/** The shortest decimal that single precision reads as the number nearest to this text. */
export function singleOf(text: string): string {
  const value = Math.fround(Number(text));
  for (let digits = 1; digits <= 9; digits++) {
    const shorter = value.toPrecision(digits);
    if (Math.fround(Number(shorter)) === value) return shorter;
  }
  return String(value);
}
