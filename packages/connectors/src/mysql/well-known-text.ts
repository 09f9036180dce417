const NUMBER = String.raw`[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?`;
const token = new RegExp(String.raw`\s*(${NUMBER}|[A-Za-z]+|[(),])`, 'y');

/** What stands between the brackets of each kind of geometry. */
const contents: Readonly<Record<string, Content>> = {
  POINT: 'point',
  LINESTRING: 'line',
  POLYGON: 'rings',
  MULTIPOINT: 'points',
  MULTILINESTRING: 'lines',
  MULTIPOLYGON: 'polygons',
  GEOMETRYCOLLECTION: 'geometries',
};
type Content = 'point' | 'line' | 'rings' | 'points' | 'lines' | 'polygons' | 'geometries';

const LINE_POINTS_MIN = 2;
const RING_POINTS_MIN = 4;

/**
 * Is a text a geometry as MySQL's servers read it? Of any other text MariaDB makes a null, without a word.
 * Rings must be closed.
 */
export function isWellKnownText(text: string): boolean {
  const tokens: string[] = [];
  token.lastIndex = 0;
  const whole = text.trimEnd();
  while (token.lastIndex < whole.length) {
    const found = token.exec(whole);
    if (found === null) return false;
    tokens.push(found[1] ?? '');
  }
  const reader = new Reader(tokens);
  return reader.geometry() && reader.isAtEnd();
}

class Reader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  geometry(): boolean {
    const content = contents[this.#next().toUpperCase()];
    if (content === undefined) return false;
    if (content === 'geometries' && this.#tokens[this.#at]?.toUpperCase() === 'EMPTY') {
      this.#at += 1;
      return true;
    }
    return this.#content(content);
  }

  #content(content: Content): boolean {
    switch (content) {
      case 'point':
        return this.#next() === '(' && this.#point() !== null && this.#next() === ')';
      case 'line':
        return (this.#line()?.length ?? 0) >= LINE_POINTS_MIN;
      case 'rings':
        return this.#list(() => this.#ring());
      case 'points':
        return this.#list(() =>
          this.#tokens[this.#at] === '(' ? this.#content('point') : this.#point() !== null,
        );
      case 'lines':
        return this.#list(() => this.#content('line'));
      case 'polygons':
        return this.#list(() => this.#content('rings'));
      case 'geometries':
        return this.#list(() => this.geometry());
    }
  }

  #list(item: () => boolean): boolean {
    if (this.#next() !== '(') return false;
    do {
      if (!item()) return false;
    } while (this.#tokens[this.#at] === ',' && this.#next() === ',');
    return this.#next() === ')';
  }

  #ring(): boolean {
    const points = this.#line();
    return points !== null && points.length >= RING_POINTS_MIN && points[0] === points[points.length - 1];
  }

  #line(): readonly string[] | null {
    const points: string[] = [];
    const isList = this.#list(() => {
      const point = this.#point();
      if (point !== null) points.push(point);
      return point !== null;
    });
    return isList ? points : null;
  }

  #point(): string | null {
    const [x, y] = [this.#next(), this.#next()].map(Number);
    return Number.isFinite(x) && Number.isFinite(y) ? `${x} ${y}` : null;
  }

  #next(): string {
    const next = this.#tokens[this.#at] ?? '';
    this.#at += 1;
    // An empty text would count as the number 0.
    return next === '' ? '?' : next;
  }
}
